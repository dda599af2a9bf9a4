/** How a command ends: its answer, its audit fact, its stored outcome — in that order, each repeated until it is known. */
import { MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb'
import { errorCodes } from '#wire'
import { factsOf } from './audit-facts.ts'
import type { Core } from './core.ts'
import type { Ctx, Operation } from './feature.ts'
import type { Journal } from './journal.ts'
import { Failure, isRefusal, refused, toProblem } from './problems.ts'
import type { RateLimits } from './rate-limits.ts'
import { untilKnown } from './until-known.ts'

export interface Door {
  core: Core
  journal: Journal
  limits: RateLimits
  /** True while the process is going down. */
  draining: () => boolean
}

export type Answer = { status: number; body: unknown }

export function answerOf(operation: Operation, ctx: Ctx, result: unknown): Answer {
  if (isRefusal(result)) return refusalAnswer(ctx, result)
  if (result === undefined) return { status: 204, body: undefined }
  return { status: operation.creates ? 201 : 200, body: result }
}

export function refusalAnswer(ctx: Ctx, refusal: ReturnType<typeof refused>): Answer {
  return { status: errorCodes[refusal.refused], body: toProblem(refusal, ctx.language, ctx.trace) }
}

export async function settle(operation: Operation, ctx: Ctx, answer: Answer, door: Door): Promise<void> {
  await door.core.audit.recordAll(ctx, factsOf(operation, ctx.touched ?? [], answer))
  const outcome = { ...answer, body: withoutOnce(answer.body, operation.once) }
  await untilKnown(door.core.logger, 'storing an outcome', () =>
    door.journal.finish(ctx.command, outcome, touchedBy(ctx)),
  )
  if (ctx.touched?.length) void doneWhenPublished(ctx.command, door)
}

export async function doneWhenPublished(command: string, door: Door): Promise<void> {
  try {
    if (await door.core.changes.published(24 * 3600_000)) await door.journal.done(command)
  } catch (error) {
    // Left open: whoever takes this node's lease publishes it again, which changes nothing.
    door.core.logger.warn({ err: error, command }, 'a command could not be marked done')
  }
}

/** What is shown once is not kept for a repeated command either. */
export function withoutOnce(body: unknown, once: readonly string[]): unknown {
  if (once.length === 0 || typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, once.includes(name) ? null : value]))
}

/** A mistake of ours fails again as often as it is repeated. */
export async function settleFault(ctx: Ctx, door: Door): Promise<void> {
  await door.journal.finish(ctx.command, refusalAnswer(ctx, refused('server.fault')), touchedBy(ctx))
}

/** The stores were away or too busy: another time it may go well. */
export const isOutage = (error: unknown) =>
  error instanceof Failure ||
  error instanceof MongoBulkWriteError ||
  (error instanceof MongoError && !(error instanceof MongoServerError))

export const touchedBy = (ctx: Ctx) => (ctx.touched ?? []).map(({ noun, id }): [string, string] => [noun, id])
