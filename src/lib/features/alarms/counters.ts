/** Counts of the whole room as the server tells them: under `counters`, or flat. */
export function countersOf(values: Readonly<Record<string, unknown>>): Partial<Record<string, number>> {
  const told = values['counters'] ?? values
  if (typeof told !== 'object' || told === null) return {}
  return Object.fromEntries(Object.entries(told).filter((pair): pair is [string, number] => typeof pair[1] === 'number'))
}

export interface Trend {
  /** End of the newest half hour. */
  until: number
  /** 48 half hours of [critical, high, medium, low], the newest last. */
  slots: number[][]
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const numeric = (value: unknown) => (typeof value === 'number' ? value : 0)

export function trendOf(values: Readonly<Record<string, unknown>>): Trend | null {
  const told = values['trend']
  if (!isRecord(told) || !Array.isArray(told['slots'])) return null
  const slots: unknown[] = told['slots']
  return { until: numeric(told['until']), slots: slots.map((slot) => (Array.isArray(slot) ? slot.map(numeric) : [])) }
}
