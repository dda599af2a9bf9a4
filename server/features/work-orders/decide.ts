/** What happens to a work order, as pure decisions over its document; null: it is not (any more) as it would have to be. */
import type { Reason } from '../../core/order-kind.ts'
import type { OrderError, OrderState, OrderVerb } from './contract.ts'
import { after } from './machine.ts'
import { freshSteps, type Attempt, type Holder, type OrderDoc, type StoredStep } from './model.ts'
import { presentStep } from './row.ts'

/** Attempts in all, when workers end under an order: then it is the order's fault. */
export const mostInterruptions = 3

/** What a person's act makes of it; null: the machine refuses. */
export function acted(doc: OrderDoc, verb: OrderVerb, now: number): OrderDoc | null {
  const state = after(doc.state, verb)
  if (!state) return null
  if (verb === 're-execute') return { ...again(doc), interruptions: 0, resuming: true }
  if (verb === 'cancel') return { ...ended(doc, state, null, now, doc.holder), resuming: false }
  return { ...doc, state }
}

/** A worker takes this attempt: it alone holds it, until its lease is gone. */
export function taken(doc: OrderDoc, worker: string, attempt: number, now: number): OrderDoc | null {
  const state = after(doc.state, 'take')
  if (!state || doc.gone || doc.attempt !== attempt || doc.hold || doc.resuming) return null
  const fence = doc.fence + 1
  return { ...doc, state, fence, holder: { worker, fence }, startedAt: now, endedAt: null }
}

/** Something else holds its lock: back to its place, as if it had not been taken. */
export function givenBack(doc: OrderDoc, mine: Holder): OrderDoc | null {
  const state = after(doc.state, 'give-back')
  return isHeldBy(doc, mine) && state ? { ...doc, state, holder: null, startedAt: null } : null
}

export const isHeldBy = (doc: OrderDoc, { worker, fence }: Holder): boolean =>
  doc.holder?.worker === worker && doc.holder.fence === fence

/** A write of its worker while it runs: refused under an older fence, and after it was cancelled. */
export function advanced(
  doc: OrderDoc,
  mine: Holder,
  change: (doc: OrderDoc) => Partial<Pick<OrderDoc, 'steps' | 'warnings' | 'logs'>>,
): OrderDoc | null {
  return isHeldBy(doc, mine) && doc.state === 'running' ? { ...doc, ...change(doc) } : null
}

export function withStep(steps: readonly StoredStep[], name: string, change: Partial<StoredStep>): StoredStep[] {
  return steps.map((step) => (step.name === name ? { ...step, ...change } : step))
}

/** A batch act that holds the order decides first: until then it does not end. */
export function succeeded(doc: OrderDoc, mine: Holder, now: number): OrderDoc | null {
  const state = after(doc.state, 'succeed')
  return isHeldBy(doc, mine) && state && !doc.hold ? ended(doc, state, null, now, null) : null
}

export function failed(doc: OrderDoc, mine: Holder, error: OrderError, now: number): OrderDoc | null {
  const state = after(doc.state, 'fail')
  return isHeldBy(doc, mine) && state && !doc.hold ? ended(doc, state, error, now, null) : null
}

/** Cancelled, and its process has ended. */
export function letGo(doc: OrderDoc, mine: Holder): OrderDoc | null {
  return isHeldBy(doc, mine) && doc.state === 'cancelled' ? { ...doc, holder: null } : null
}

/** The room was told that it is to run again; `why` not, when its thing is gone or taken: then nobody runs it. */
export function resumed(doc: OrderDoc, why: Reason | null, now: number): OrderDoc | null {
  if (!doc.resuming) return null
  const next = { ...doc, resuming: false }
  if (!why || doc.hold) return why ? null : next
  const state = after(doc.state, 'cancel')
  return state ? ended(next, state, { ...why, step: null }, now, null) : next
}

/** Its worker is gone. */
export function interrupted(doc: OrderDoc, worker: string, now: number): OrderDoc | null {
  if (doc.holder?.worker !== worker || doc.hold) return null
  if (doc.state === 'cancelled') return { ...doc, holder: null }
  const state = after(doc.state, 'fail')
  if (!state) return null
  const step = doc.steps.find((one) => one.state === 'running')?.name ?? null
  const error = { code: 'interrupted', step, message: 'its worker ended while it ran' }
  return { ...ended(doc, state, error, now, null), interruptions: doc.interruptions + 1 }
}

/** Will it run again by itself? A worker that ended in order is nobody's fault; one that died is, after the third. */
export function repeats({ state, error, interruptions }: OrderDoc): boolean {
  if (state !== 'failed' || !error) return false
  return error.code === 'drained' || (error.code === 'interrupted' && interruptions < mostInterruptions)
}

/** The next attempt: what was finished stays finished, what was begun begins again. */
export function again(doc: OrderDoc): OrderDoc {
  const done = doc.steps.findIndex((step) => step.state !== 'succeeded')
  const kept = done === -1 ? doc.steps : doc.steps.slice(0, done)
  const names = doc.steps.slice(kept.length).map(({ name }) => name)
  return {
    ...doc,
    state: 'scheduled',
    attempt: doc.attempt + 1,
    attempts: [...doc.attempts, attemptOf(doc)].slice(-mostAttemptsShown),
    steps: [...kept.map((step) => ({ ...step, kept: true })), ...freshSteps(names)],
    warnings: [],
    error: null,
    startedAt: null,
    endedAt: null,
    holder: null,
    unsettled: false,
  }
}

const mostAttemptsShown = 20

function attemptOf(doc: OrderDoc): Attempt {
  return {
    n: doc.attempt,
    state: doc.state === 'cancelled' || doc.state === 'succeeded' ? doc.state : 'failed',
    startedAt: doc.startedAt,
    endedAt: doc.endedAt,
    error: doc.error,
    warnings: doc.warnings.length,
    steps: doc.steps.map(presentStep),
  }
}

function ended(
  doc: OrderDoc,
  state: OrderState,
  error: OrderError | null,
  now: number,
  holder: Holder | null,
): OrderDoc {
  const stepState = state === 'cancelled' ? 'cancelled' : 'failed'
  const steps = doc.steps.map((step) =>
    step.state === 'running' ? { ...step, state: stepState, endedAt: now } : step,
  ) satisfies StoredStep[]
  return { ...doc, state, error, steps, endedAt: now, holder, unsettled: true }
}
