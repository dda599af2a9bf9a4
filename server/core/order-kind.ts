/**
 * A kind of work order, defined by the room that owns the work: its steps, limits and what one order excludes. The steps
 * themselves run in workers (`workers/features/<room>/<kind>.ts`); the engine knows kinds only by what stands here.
 */
import type * as z from 'zod/mini'
import type { Core } from './core.ts'

/** An order that came to its end, as the room that owns the work is told. */
export interface EndedOrder {
  id: string
  tenant: string
  number: string
  state: 'succeeded' | 'failed' | 'cancelled'
  attempt: number
  /** Id of what it worked on. */
  subject: string | null
  createdBy: string
  /** What each finished step answered. */
  outputs: Record<string, Record<string, unknown> | null>
  error: { code: string; step: string | null; message: string } | null
  /** It will run again by itself: its worker ended under it. */
  willRepeat: boolean
}

export interface ResumedOrder {
  id: string
  tenant: string
  number: string
}
/** A stable code and words for the log and the screen. */
export interface Reason {
  code: string
  message: string
}

interface Definition<I, S extends string> {
  /** Also the type in the order's number. */
  kind: string
  /** In the order in which they run. */
  steps: readonly S[]
  input: z.ZodMiniType<I>
  /** Most of this kind at once in the whole installation. */
  slots: number
  /** Most time of one attempt. */
  timeoutMs: number
  /** Orders with the same key (within the tenant) never run at the same time: one disk operation per desktop. */
  lock?: (input: I) => string | null
  /** A person wants a failed one again: tells the room before it runs. Answers why not, when its thing is gone or taken. */
  resume?: (core: Core, order: ResumedOrder, input: I) => Promise<Reason | null>
  /** Tells the room how it ended, on the node that owns the clock. Repeated until it succeeds: harmless when repeated. */
  settle?: (core: Core, order: EndedOrder, input: I) => Promise<void>
}

export interface OrderKind<I = unknown, S extends string = string> {
  kind: string
  steps: readonly S[]
  slots: number
  timeoutMs: number
  /** The input as it is stored and handed to the steps. */
  parse: (raw: unknown) => I
  lockOf: (raw: unknown) => string | null
  resume: (core: Core, order: ResumedOrder, raw: unknown) => Promise<Reason | null>
  settle: (core: Core, order: EndedOrder, raw: unknown) => Promise<void>
}

export function defineOrder<I, const S extends string>(definition: Definition<I, S>): OrderKind<I, S> {
  const { kind, steps, slots, timeoutMs, input, lock, resume, settle } = definition
  return {
    kind,
    steps,
    slots,
    timeoutMs,
    parse: (raw) => input.parse(raw),
    lockOf: (raw) => lock?.(input.parse(raw)) ?? null,
    resume: async (core, order, raw) => (await resume?.(core, order, input.parse(raw))) ?? null,
    async settle(core, order, raw) {
      await settle?.(core, order, input.parse(raw))
    },
  }
}
