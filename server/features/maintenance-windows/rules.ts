/** Which rules lie on an alarm at a moment: windows that are on, and its host being down. Pure. */
import { isOn, type Scope, type WindowRow } from './contract.ts'

export interface Judged {
  desktop: string | null
  host: string | null
  pool: string | null
  type: string
  labels: Readonly<Record<string, string>>
}

/** What a rule asks to be laid over an alarm; `key` is the rule, which alone lifts it again. */
export interface Ruling {
  kind: 'service' | 'suppression'
  key: string
  until: number | null
  /** Since when it asks for that: what a person lifts afterwards stays lifted. */
  since: number
}

export type Rule = Pick<WindowRow, 'name' | 'scope' | 'effect' | 'enabled' | 'upcoming'>

export const windowKey = (name: string) => `window:${name}`
export const hostKey = (host: string) => `host:${host}`
/** Keys of this room's rules. */
export const isRule = (key: string) => key.startsWith('window:') || key.startsWith('host:')

const among = (chosen: readonly string[], value: string | null) =>
  chosen.length === 0 || (value !== null && chosen.includes(value))

export function covers(scope: Scope, alarm: Judged): boolean {
  return (
    among(scope.hosts, alarm.host) &&
    among(scope.pools, alarm.pool) &&
    among(scope.desktops, alarm.desktop) &&
    among(scope.types, alarm.type) &&
    Object.entries(scope.labels).every(
      ([name, value]) => Object.hasOwn(alarm.labels, name) && alarm.labels[name] === value,
    )
  )
}

export function rulingsOn(
  alarm: Judged,
  windows: Iterable<Rule>,
  down: ReadonlyMap<string, number>,
  now: number,
): Ruling[] {
  const rulings: Ruling[] = []
  for (const window of windows) {
    const occurrence = isOn(window, now)
    if (!occurrence || !covers(window.scope, alarm)) continue
    const kind = window.effect === 'suppressed' ? 'suppression' : 'service'
    rulings.push({ kind, key: windowKey(window.name), until: occurrence.to, since: occurrence.from })
  }
  // Of the host itself nothing is hidden: that alarm is the one to work on.
  const downSince = alarm.desktop === null || alarm.host === null ? undefined : down.get(alarm.host)
  if (downSince !== undefined)
    rulings.push({ kind: 'suppression', key: hostKey(alarm.host ?? ''), until: null, since: downSince })
  return rulings
}
