/**
 * Every operation of every room behind one door: POST → authenticate → authorise → parse → journal → run → audit →
 * outcome → answer. Redo after a crash takes the same way with the same command id.
 */
import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler, Response, Router } from 'express'
import { MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb'
import { errorCodes, granted } from '#wire'
import { authenticate, authorize, type Principal } from './access.ts'
import type { Core } from './core.ts'
import { factOf, named } from './audit-facts.ts'
import type { Ctx, Operation } from './feature.ts'
import { readJson, sendRefusal } from './http.ts'
import { inputHash, type CommandRecord, type Journal } from './journal.ts'
import { crossSiteRefusal } from './origin.ts'
import { documents } from './mongo.ts'
import { Failure, isRefusal, languageOf, refused, toProblem } from './problems.ts'
import type { RateLimits } from './rate-limits.ts'
import { untilKnown } from './until-known.ts'

export interface Door {
  core: Core
  journal: Journal
  limits: RateLimits
  /** True while the process is going down. */
  draining: () => boolean
}

type Answer = { status: number; body: unknown }

/** How long a caller waits for the journal before he is told to come back; his key makes the repeat safe. */
const journalPatienceMs = 5_000
/** How long he waits for the effect of what the journal has. */
const actPatienceMs = 10_000

export function mountOperations(api: Router, operations: readonly Operation[], door: Door): void {
  for (const operation of operations) api[operation.method](operation.path, handler(operation, door))
}

function handler(operation: Operation, door: Door): RequestHandler {
  return async (request, response) => {
    const ended = door.core.metrics.requests.startTimer({ route: `${operation.method} ${operation.path}` })
    response.once('finish', () => ended({ status: response.statusCode }))
    const ctx = await enter(operation, request, response, door)
    if (!ctx) return
    await readJson(request, response)
    const prepared = operation.prepare(inputOf(operation, request))
    if ('errors' in prepared)
      return sendRefusal(request, response, refused('request.invalid', { errors: prepared.errors }))
    if (operation.kind === 'query') return send(response, answerOf(operation, ctx, await prepared.run(ctx)))
    send(response, await perform(operation, prepared, ctx, request, door))
  }
}

/** Who is it, and may he: authorisation comes before existence and before validation. */
async function enter(operation: Operation, request: Request, response: Response, door: Door): Promise<Ctx | null> {
  const { core } = door
  if (door.draining()) throw new Failure(refused('server.draining'), 2)
  const principal = authenticate(core, request.headers)
  const crossSite = crossSiteRefusal(request.method, request.headers, core.config.PUBLIC_ORIGIN)
  if (crossSite) throw new Failure(crossSite)
  await door.limits.take(request, principal)
  const refusal = authorize(principal, operation.permission)
  if (refusal) {
    const ctx = contextOf(principal, request, core)
    if (principal) await core.audit.record(ctx, { ...named(operation), result: 'refused', code: refusal.refused })
    sendRefusal(request, response, refusal)
    return null
  }
  return contextOf(principal, request, core)
}

/** A context for the caller; the public gets one without rights. */
export function contextOf(principal: Principal | null, request: Request, core: Core): Ctx {
  const key = request.get('idempotency-key')?.slice(0, 200) ?? randomUUID()
  const tenant = principal?.tenant ?? 'public'
  const actor = principal?.actor ?? { kind: 'system' as const, id: 'public', name: 'public' }
  return {
    tenant,
    actor,
    role: principal?.role ?? null,
    permissions: principal?.permissions ?? new Set(),
    command: `${tenant}:${actor.id}:${key}`,
    trace: request.trace,
    now: core.clock.now(),
    language: request.headers['accept-language']
      ? languageOf(request.headers['accept-language'])
      : (principal?.language ?? 'zh-CN'),
    address: request.ip ?? '',
    touched: [],
    ...expectedOf(request),
    core,
  }
}

/** `If-Match: "7"`, as the ETag of one thing said it. */
function expectedOf(request: Request): { expected?: number } {
  const header = request.get('if-match')
  if (header === undefined || header === '*') return {}
  const v = /^"(\d{1,15})"$/.exec(header)?.[1]
  if (v === undefined)
    throw new Failure(refused('request.invalid', { errors: [{ path: 'If-Match', message: 'an ETag like "7"' }] }))
  return { expected: Number(v) }
}

/** Body, query and path in one object; the path wins, since the right was checked for that address. */
function inputOf(operation: Operation, request: Request): unknown {
  if (operation.method === 'get') return { ...request.query, ...request.params }
  const body: unknown = request.body ?? {}
  if (Object.keys(request.params).length === 0) return body
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  return { ...request.query, ...body, ...request.params }
}

async function perform(
  operation: Operation,
  prepared: { run: (ctx: Ctx) => Promise<unknown>; stored: unknown },
  ctx: Ctx,
  request: Request,
  door: Door,
): Promise<Answer> {
  // What a node accepts after it lost its lease would be nobody's to redo.
  if (!door.core.leases.certain) throw new Failure(refused('store.unavailable'), 1)
  const begun = await begin(operation, prepared.stored, ctx, request, door)
  if (begun.kind === 'mismatch') return refusalAnswer(ctx, refused('idempotency.mismatch'))
  if (begun.kind === 'running') throw new Failure(refused('store.unavailable'), 1)
  if (begun.kind === 'done') return { status: begun.status, body: begun.body }
  const work = act(operation, prepared, ctx, door)
  const answer = await within(work, actPatienceMs)
  if (answer) return answer
  // The journal has it and it goes on; the same key asks for its outcome.
  work.catch((error: unknown) => door.core.logger.error({ err: error, trace: ctx.trace }, 'a slow command failed'))
  throw new Failure(refused('store.unavailable'), 2)
}

async function act(
  operation: Operation,
  prepared: { run: (ctx: Ctx) => Promise<unknown> },
  ctx: Ctx,
  door: Door,
): Promise<Answer> {
  try {
    const answer = answerOf(operation, ctx, await prepared.run(ctx))
    await settle(operation, ctx, answer, door)
    return answer
  } catch (error) {
    await leaveOpen(error, ctx, door)
    throw error
  }
}

/** Nothing happened: the key is free again. Something may have: the same key, or a redo, finds out what. */
async function leaveOpen(error: unknown, ctx: Ctx, door: Door): Promise<void> {
  try {
    if (ctx.touched?.length) door.journal.giveUp(ctx.command)
    else if (isOutage(error)) await door.journal.forget(ctx.command)
    else await settleFault(ctx, door)
  } catch (second) {
    door.core.logger.warn({ err: second, trace: ctx.trace }, 'the record of a command that failed stays open')
    door.journal.giveUp(ctx.command)
  }
}

/** A mistake of ours fails again as often as it is repeated. */
async function settleFault(ctx: Ctx, door: Door): Promise<void> {
  await door.journal.finish(ctx.command, refusalAnswer(ctx, refused('server.fault')), touchedBy(ctx))
}

/** The stores were away or too busy: another time it may go well. */
const isOutage = (error: unknown) =>
  error instanceof Failure ||
  error instanceof MongoBulkWriteError ||
  (error instanceof MongoError && !(error instanceof MongoServerError))

const touchedBy = (ctx: Ctx) => (ctx.touched ?? []).map(({ noun, id }): [string, string] => [noun, id])

/** null: not settled in time. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let late: NodeJS.Timeout | undefined
  const patience = new Promise<null>((resolve) => (late = setTimeout(() => resolve(null), ms)))
  try {
    return await Promise.race([work, patience])
  } finally {
    clearTimeout(late)
  }
}

async function begin(operation: Operation, stored: unknown, ctx: Ctx, request: Request, door: Door) {
  const record = {
    _id: ctx.command,
    tenant: ctx.tenant,
    route: `${operation.method} ${operation.path}`,
    hash: inputHash([request.path, request.body]),
    actor: ctx.actor,
    role: ctx.role,
    language: ctx.language,
    address: ctx.address,
    trace: ctx.trace,
    input: stored,
  }
  const until = door.core.clock.monotonic() + journalPatienceMs
  for (;;) {
    try {
      return await door.journal.begin(record)
    } catch (error) {
      door.core.logger.warn({ err: error, trace: ctx.trace }, 'the journal did not take a command, repeating')
      if (door.core.clock.monotonic() > until) throw new Failure(refused('store.unavailable'), 2)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

async function settle(operation: Operation, ctx: Ctx, answer: Answer, door: Door): Promise<void> {
  await door.core.audit.record(ctx, factOf(operation, ctx.touched ?? [], answer))
  const outcome = { ...answer, body: withoutOnce(answer.body, operation.once) }
  await untilKnown(door.core.logger, 'storing an outcome', () =>
    door.journal.finish(ctx.command, outcome, touchedBy(ctx)),
  )
  if (ctx.touched?.length) void doneWhenPublished(ctx.command, door)
}

async function doneWhenPublished(command: string, door: Door): Promise<void> {
  try {
    if (await door.core.changes.published(24 * 3600_000)) await door.journal.done(command)
  } catch (error) {
    // Left open: whoever takes this node's lease publishes it again, which changes nothing.
    door.core.logger.warn({ err: error, command }, 'a command could not be marked done')
  }
}

/** What is shown once is not kept for a repeated command either. */
function withoutOnce(body: unknown, once: readonly string[]): unknown {
  if (once.length === 0 || typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, once.includes(name) ? null : value]))
}

function answerOf(operation: Operation, ctx: Ctx, result: unknown): Answer {
  if (isRefusal(result)) return refusalAnswer(ctx, result)
  if (result === undefined) return { status: 204, body: undefined }
  return { status: operation.creates ? 201 : 200, body: result }
}

function refusalAnswer(ctx: Ctx, refusal: ReturnType<typeof refused>): Answer {
  return { status: errorCodes[refusal.refused], body: toProblem(refusal, ctx.language, ctx.trace) }
}

function send(response: Response, { status, body }: Answer): void {
  response.status(status)
  if (status >= 400) response.type('application/problem+json')
  else response.type('application/json')
  if (body === undefined) response.end()
  else {
    const etag = entityTag(body)
    if (etag) response.setHeader('ETag', etag)
    response.send(JSON.stringify(body))
  }
}

/** One thing with a version carries it as its ETag. */
function entityTag(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('v' in body) || typeof body.v !== 'number') return null
  return `"${body.v}"`
}

/** Commands that a dead node left open are decided again under their own id: done stays done, the rest is done now. */
export async function redoCommands(operations: readonly Operation[], door: Door, incarnation: string): Promise<number> {
  const open = await door.journal.openOf(incarnation)
  for (const record of open) {
    if (record.outcome) await tellAgain(record, door)
    else await redo(operations, door, record)
  }
  return open.length
}

/** An outcome that is stored stands; what it changed may still be missing from the log. */
async function tellAgain(record: CommandRecord, door: Door): Promise<void> {
  for (const [noun, ids] of Map.groupBy(record.touched, ([noun]) => noun)) {
    const docs = await documents(door.core.db, noun)
      .find({ _id: { $in: ids.map(([, id]) => id) } })
      .toArray()
    door.core.changes.republish({ noun, hot: true }, docs)
  }
  await doneWhenPublished(record._id, door)
}

async function redo(operations: readonly Operation[], door: Door, record: CommandRecord): Promise<void> {
  const operation = operations.find(({ method, path }) => `${method} ${path}` === record.route)
  const prepared = operation && record.input !== null ? operation.prepare(record.input) : null
  const permissions = new Set(record.role ? granted[record.role] : [])
  const ctx: Ctx = {
    ...record,
    command: record._id,
    permissions,
    now: record.at,
    touched: [],
    again: true,
    core: door.core,
  }
  if (!operation || !prepared || 'errors' in prepared) {
    // Not provable (its secrets were never stored): never answered as done.
    await door.journal.finish(record._id, refusalAnswer(ctx, refused('store.unavailable')), [])
    return
  }
  try {
    await settle(operation, ctx, answerOf(operation, ctx, await prepared.run(ctx)), door)
  } catch (error) {
    if (isOutage(error)) throw error
    door.core.logger.error({ err: error, command: record._id }, 'a command of a dead node fails: it is not tried again')
    await settleFault(ctx, door)
  }
}
