/**
 * Every operation of every room behind one door: POST → authenticate → authorise → parse → journal → run → audit →
 * outcome → answer. Redo after a crash takes the same way with the same command id.
 */
import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler, Response, Router } from 'express'
import { authenticate, authorize, type Principal } from './access.ts'
import type { Core } from './core.ts'
import { named } from './audit-facts.ts'
import type { Ctx, Operation, Refusal } from './feature.ts'
import { readJson, sendRefusal } from './http.ts'
import { inputHash } from './journal.ts'
import { crossSiteRefusal } from './origin.ts'
import { answerOf, isOutage, refusalAnswer, settle, settleFault, type Answer, type Door } from './outcome.ts'
import { Failure, languageOf, refused } from './problems.ts'

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
  const refusal = authorize(principal, operation.permission) ?? anothersAct(principal, request)
  if (refusal) {
    const ctx = contextOf(principal, request, core)
    if (principal) await core.audit.record(ctx, { ...named(operation), result: 'refused', code: refusal.refused })
    sendRefusal(request, response, refusal)
    return null
  }
  return contextOf(principal, request, core)
}

/** `If-Operator` says who decided an act that waited to be sent: another one who is signed in by then does not do it. */
function anothersAct(principal: Principal | null, request: Request): Refusal | null {
  const decider = request.get('if-operator')
  return decider === undefined || decider === principal?.actor.id ? null : refused('auth.other-operator')
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
