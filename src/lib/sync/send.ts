/** HTTP to the server: typed answers, typed refusals, acts that may be repeated without doing them twice. */
import * as z from 'zod/mini'
import { Problem } from '#wire'
import { actingIn } from '../session/acting-in.ts'

// zod's compiled parsers need eval, which the page's policy forbids.
z.config({ jitless: true })

export class Refused extends Error {
  readonly problem: Problem
  /** ms, when the server asked to wait */
  readonly retryAfter: number | null

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(`${problem.code}: ${problem.detail}`)
    this.name = 'Refused'
    this.problem = problem
    this.retryAfter = retryAfter
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Refused) return error.problem
  return local('network.unexpected', error instanceof Error ? error.message : String(error))
}

function local(code: string, detail: string): Problem {
  return { type: 'about:blank', title: code, status: 0, code, detail }
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** undefined: the error page of something in between. An answer that is none of ours is no success either. */
async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return null
  try {
    return await response.json()
  } catch (error) {
    if (response.ok) throw new Refused(local('network.unexpected', String(error)))
    return undefined
  }
}

type Init = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }

/** A refusal, and a network that is gone, are thrown. */
async function answered(path: string, init: Init, tenant = actingIn()): Promise<Response> {
  const headers = { accept: 'application/json', ...(tenant && { 'x-tenant': tenant }), ...init.headers }
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init, headers })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Refused(local('network.unreachable', String(error)))
  }
  if (response.ok) return response
  const problem = Problem.safeParse(await bodyOf(response))
  const wait = Number(response.headers.get('retry-after'))
  throw new Refused(
    problem.success
      ? problem.data
      : local(response.status >= 500 ? 'network.unreachable' : 'server.fault', response.statusText),
    wait > 0 ? wait * 1000 : null,
  )
}

async function once<T extends z.ZodMiniType>(
  path: string,
  schema: T,
  init: Init,
  tenant?: string | null,
): Promise<z.infer<T>> {
  const parsed = schema.safeParse(await bodyOf(await answered(path, init, tenant)))
  if (!parsed.success) throw new Refused(local('network.unexpected', z.prettifyError(parsed.error)))
  return parsed.data
}

/** What is no JSON, e.g. a picture. */
export const getRaw = (path: string, signal: AbortSignal): Promise<Response> =>
  answered(path, { signal, headers: { accept: '*/*' } })

export function get<T extends z.ZodMiniType>(path: string, schema: T, signal?: AbortSignal): Promise<z.infer<T>> {
  return once(path, schema, { signal: signal ?? null })
}

/** Repeats an unknown outcome under the same key (S1): network gone, or 503 with a time to wait. */
async function persist<T>(attempt: () => Promise<T>, attempts: number): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt()
    } catch (error) {
      const unknown =
        error instanceof Refused && (error.problem.status === 503 || error.problem.code === 'network.unreachable')
      if (!unknown || n >= attempts) throw error
      const wait = error instanceof Refused ? error.retryAfter : null
      await later(Math.min(wait ?? 400 * 2 ** n, 5000) * (0.75 + Math.random() / 2))
    }
  }
}

export function act<T extends z.ZodMiniType>(
  path: string,
  body: unknown,
  schema: T,
  {
    key = crypto.randomUUID(),
    method = 'POST',
    attempts = 3,
    headers: more = {},
    signal,
    tenant = actingIn(),
  }: {
    key?: string
    method?: 'POST' | 'DELETE' | 'PUT' | 'PATCH'
    attempts?: number
    headers?: Record<string, string>
    signal?: AbortSignal
    /** Where it was decided, if that was before; null: at home. */
    tenant?: string | null
  } = {},
): Promise<z.infer<T>> {
  const headers: Record<string, string> = { 'idempotency-key': key, ...more }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const init = {
    method,
    headers,
    ...(signal && { signal }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
  return persist(() => once(path, schema, init, tenant), attempts)
}
