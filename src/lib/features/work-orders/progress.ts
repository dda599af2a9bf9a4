/** What a running order is at, as its worker tells it several times a second, beside what is stored. */
import * as z from 'zod/mini'
import type { LiveProgress, OrderRow, Waiting } from '#contract/work-orders'

const Told = z.object({
  attempt: z.number(),
  step: z.string(),
  percent: z.number(),
  bytesDone: z.nullable(z.number()),
  bytesTotal: z.nullable(z.number()),
  rate: z.nullable(z.number()),
  leftMs: z.nullable(z.number()),
  log: z.number(),
})
const Waits = z.record(
  z.string(),
  z.object({
    why: z.enum(['ahead', 'concurrency', 'locked', 'no-worker', 'starting']),
    n: z.optional(z.number()),
    by: z.optional(z.string()),
  }),
)
type Values = Readonly<Record<string, unknown>>
type Standing = Pick<OrderRow, 'id' | 'state' | 'step' | 'stepsDone' | 'steps' | 'percent' | 'attempt'>

export function liveOf(values: Values, { id, state, attempt }: Pick<Standing, 'id' | 'state' | 'attempt'>) {
  if (state !== 'running') return null
  const told = Told.safeParse(values[`p:${id}`])
  return told.success && told.data.attempt === attempt ? told.data : null
}

export const waitsOf = (values: Values): Waiting => Waits.safeParse(values['waiting']).data ?? {}

/** Of the whole order, each step alike. The worker may be a step further than what is stored. */
export function overall(row: Standing, live: LiveProgress | null): number {
  if (row.state === 'succeeded') return 100
  if (!live || row.steps === 0) return row.percent
  const before = row.stepsDone + (row.step === null || live.step === row.step ? 0 : 1)
  const now = ((Math.min(before, row.steps - 1) + live.percent / 100) / row.steps) * 100
  return Math.min(99, Math.max(row.percent, now))
}

const mostShown = 500
/** On the screen an attempt never goes back, whichever of the two news comes first. */
export class Shown {
  readonly #orders = new Map<string, { attempt: number; percent: number }>()

  percent(row: Standing, live: LiveProgress | null): number {
    const known = this.#orders.get(row.id)
    const before = known?.attempt === row.attempt && row.state !== 'scheduled' ? known.percent : 0
    const percent = Math.max(before, overall(row, live))
    this.#orders.delete(row.id)
    this.#orders.set(row.id, { attempt: row.attempt, percent })
    // A wall shows them for weeks: the one that was seen longest ago is forgotten.
    const [oldest] = this.#orders.keys()
    if (this.#orders.size > mostShown && oldest !== undefined) this.#orders.delete(oldest)
    return percent
  }
}
