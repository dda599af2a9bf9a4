import type { FloodNow } from '#contract/alarm-quality'

export interface Trend {
  /** End of the newest half hour. */
  until: number
  /** 48 half hours of [critical, high, medium, low], the newest last. */
  slots: number[][]
}

const halfHourMs = 30 * 60_000
const numeric = (value: unknown) => (typeof value === 'number' ? value : 0)

export function trendOf(values: Readonly<Record<string, unknown>>, at: number): Trend | null {
  const told = values['trend']
  if (!Array.isArray(told)) return null
  const until = Math.ceil(at / halfHourMs) * halfHourMs
  return { until, slots: told.map((slot: unknown) => (Array.isArray(slot) ? slot.map(numeric) : [])) }
}

/** The flood that goes on, as the server tells it. */
export function floodOf(values: Readonly<Record<string, unknown>>): FloodNow | null {
  const told = values['flood']
  // Told by our own server, whole or not at all.
  return typeof told === 'object' && told !== null && 'since' in told ? (told as FloodNow) : null
}
