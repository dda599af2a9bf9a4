export const browserZone = new Intl.DateTimeFormat().resolvedOptions().timeZone

let all: readonly string[] | undefined

/** Every zone the browser knows, the chosen one among them. */
export function zoneOptions(chosen: string | null): { value: string; label: string }[] {
  all ??= Intl.supportedValuesOf('timeZone')
  const names = chosen && !all.includes(chosen) ? [chosen, ...all] : all
  return names.map((value) => ({ value, label: value.replaceAll('_', ' ') }))
}
