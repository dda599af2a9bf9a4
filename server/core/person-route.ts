/** Routes that set a cookie, stream, or stay open while a second factor is missing: the same checks, the same order. */
import { stringifySetCookie } from 'cookie'
import type { Request, Response, Router } from 'express'
import type * as z from 'zod/mini'
import { authenticate, SESSION_COOKIE, type Principal } from './access.ts'
import type { Core } from './core.ts'
import type { Ctx } from './feature.ts'
import { jsonBody } from './http.ts'
import { must } from './must.ts'
import { contextOf } from './operations.ts'
import type { Described } from './openapi.ts'
import { crossSiteRefusal } from './origin.ts'
import { Failure, fail, fieldErrors } from './problems.ts'
import { RateLimits } from './rate-limits.ts'
import { sessionMs } from './sign-in.ts'
import { OperatorDocs, type OperatorDoc } from './tenants.ts'

/** Who asks, in the own tenant, whichever one is acted in. */
export interface Caller {
  ctx: Ctx
  principal: Principal
  operator: OperatorDoc
  request: Request
  response: Response
}

/** `I` is what the schema reads; the answer goes out as JSON, undefined as 204. */
export function personRoute<I>(
  described: Omit<Described, 'input' | 'permission'> & { input: z.ZodMiniType<I> },
  run: (caller: Caller, input: I) => Promise<unknown>,
): PersonRoute {
  return {
    described: { ...described, permission: 'session' },
    mount(api, core, limits) {
      api[described.method](described.path, ...jsonBody(), async (request, response) => {
        const { ctx, operator, principal } = person(core, await guard(core, limits, request), request)
        const input = read(described.input, described.method === 'get' ? request.query : request.body)
        answer(response, await run({ ctx, principal, operator, request, response }, input))
      })
    },
  }
}

export interface PersonRoute {
  described: Described
  mount: (api: Router, core: Core, limits: RateLimits) => void
}

/** The same checks in the same order as every other operation. */
export async function guard(core: Core, limits: RateLimits, request: Request): Promise<Principal | null> {
  const principal = authenticate(core, request.headers)
  const crossSite = crossSiteRefusal(request.method, request.headers, core.config.PUBLIC_ORIGIN)
  if (crossSite) throw new Failure(crossSite)
  await limits.take(request, principal)
  return principal
}

function person(core: Core, principal: Principal | null, request: Request) {
  if (!principal) return fail('auth.required')
  if (principal.astray || principal.credential.kind !== 'session')
    return fail('auth.forbidden', { params: { permission: 'session' } })
  const operator = must(core.views.get(OperatorDocs, principal.actor.id), 'a principal was made from its operator')
  return { operator, principal, ctx: { ...contextOf(principal, request, core), tenant: principal.home } }
}

export function read<I>(schema: z.ZodMiniType<I>, raw: unknown): I {
  const parsed = schema.safeParse(raw ?? {})
  if (!parsed.success) return fail('request.invalid', { errors: fieldErrors(parsed.error.issues) })
  return parsed.data
}

export function answer(response: Response, body: unknown): void {
  response.setHeader('Cache-Control', 'no-store')
  if (body === undefined) response.status(204).end()
  else response.status(200).type('application/json').send(JSON.stringify(body))
}

export function setSessionCookie(core: Core, response: Response, value: string, forMs = sessionMs): void {
  const secure = core.config.PUBLIC_ORIGIN?.startsWith('https:') ?? false
  const maxAge = value ? Math.floor(forMs / 1000) : 0
  response.setHeader(
    'Set-Cookie',
    stringifySetCookie({ name: SESSION_COOKIE, value, path: '/', httpOnly: true, sameSite: 'strict', secure, maxAge }),
  )
}

export const newLimits = (core: Core) => new RateLimits(core.redis, core.config)
