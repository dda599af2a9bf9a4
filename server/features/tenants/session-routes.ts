/** Sign-in, sign-out, second factor, password and the list of one's own sessions. */
import type { Router } from 'express'
import { authenticate, systemCtx } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import { jsonBody } from '../../core/http.ts'
import type { Described } from '../../core/openapi.ts'
import { hashPassword, passwordProblem } from '../../core/passwords.ts'
import { Failure, fail, isRefusal, languageOf } from '../../core/problems.ts'
import { answer, guard, newLimits, personRoute, read, setSessionCookie } from '../../core/person-route.ts'
import { confirmEnrolment, offerEnrolment } from '../../core/second-factor.ts'
import { OperatorDocs, SessionDocs } from '../../core/tenants.ts'
import {
  ChangePassword,
  ConfirmCode,
  Enrolment,
  Nothing,
  RecoveryCodes,
  SessionAnswer,
  SessionList,
  SignIn,
} from './contract.ts'
import { changeOne } from '../../core/one.ts'
import { presentOwnSession, presentSession } from './present.ts'
import { endSessions } from './service.ts'
import { signInOf } from './sign-in-of.ts'

const signIn: Described = {
  kind: 'command',
  method: 'post',
  path: '/session',
  summary: 'Signs in and sets the session cookie',
  input: SignIn,
  output: SessionAnswer,
  permission: 'public',
  errors: ['auth.failed', 'auth.locked', 'auth.second-factor'],
  example: { username: 'operator@acme', password: 'correct horse battery staple' },
}

const personRoutes = [
  personRoute(
    {
      kind: 'query',
      method: 'get',
      path: '/session',
      summary: 'Who is signed in, with rights and preferences',
      input: Nothing,
      output: SessionAnswer,
    },
    async ({ ctx, operator, principal }) =>
      presentOwnSession(ctx.core, operator, principal.credential.id, principal.tenant),
  ),
  personRoute(
    {
      kind: 'command',
      method: 'delete',
      path: '/session',
      summary: 'Signs out',
      input: Nothing,
      output: Nothing,
      empty: true,
    },
    async ({ ctx, principal, response }) => {
      await ctx.core.audit.record(ctx, { verb: 'sign-out', noun: 'sessions', ids: [ctx.actor.id], result: 'ok' })
      await endSession(ctx, principal.credential.id)
      setSessionCookie(ctx.core, response, '')
    },
  ),
  personRoute(
    {
      kind: 'query',
      method: 'get',
      path: '/sessions',
      summary: 'One’s own open sessions',
      input: Nothing,
      output: SessionList,
    },
    async ({ ctx, operator, principal }) => {
      const own = [...ctx.core.views.ofTenant(SessionDocs, ctx.tenant)].filter((doc) => doc.operator === operator._id)
      own.sort((a, b) => b.usedAt - a.usedAt)
      return { items: own.map((doc) => presentSession(doc, principal.credential.id)) }
    },
  ),
  personRoute(
    {
      kind: 'command',
      method: 'post',
      path: '/session/second-factor/enrolment',
      summary: 'A new secret for an authenticator app, with its QR code',
      input: Nothing,
      output: Enrolment,
      errors: ['state.conflict'],
    },
    async ({ ctx, operator }) => {
      const offered = await offerEnrolment(ctx, operator)
      if (isRefusal(offered)) throw new Failure(offered)
      return offered
    },
  ),
  personRoute(
    {
      kind: 'command',
      method: 'post',
      path: '/session/second-factor',
      summary: 'Turns the second factor on with a code of the new secret; shows the recovery codes once',
      input: ConfirmCode,
      output: RecoveryCodes,
      errors: ['state.conflict', 'auth.second-factor'],
    },
    async ({ ctx, operator }, { code }) => {
      const confirmed = await confirmEnrolment(ctx, operator, code)
      if (isRefusal(confirmed)) throw new Failure(confirmed)
      await ctx.core.audit.record(ctx, {
        verb: 'enrol-second-factor',
        noun: 'operators',
        ids: [operator._id],
        result: 'ok',
      })
      return confirmed
    },
  ),
  personRoute(
    {
      kind: 'command',
      method: 'post',
      path: '/session/password',
      summary: 'Changes one’s own password; other sessions end',
      input: ChangePassword,
      output: Nothing,
      empty: true,
      errors: ['auth.failed', 'auth.locked'],
    },
    async ({ ctx, operator, principal }, { current, next }) => {
      await signInOf(ctx.core).confirmPassword(operator, current)
      const problem = next === current ? 'must be a new one' : passwordProblem(next, operator.username)
      if (problem) fail('request.invalid', { errors: [{ path: 'next', message: problem }] })
      const passwordHash = await hashPassword(next)
      await ctx.core.audit.record(ctx, {
        verb: 'change-password',
        noun: 'operators',
        ids: [operator._id],
        result: 'ok',
      })
      const changed = await changeOne(ctx, OperatorDocs, operator._id, (doc) => ({
        next: { ...doc, passwordHash, passwordChangedAt: ctx.now },
      }))
      if (isRefusal(changed)) throw new Failure(changed)
      await endSessions(ctx, operator._id, principal.credential.id)
    },
  ),
]

export const described: Described[] = [signIn, ...personRoutes.map((route) => route.described)]

export function mountSessionRoutes(core: Core, api: Router): void {
  const limits = newLimits(core)
  api.post('/session', ...jsonBody(), async (request, response) => {
    await guard(core, limits, request)
    const { username, password, code } = read(SignIn, request.body)
    const before = authenticate(core, request.headers)
    const { operator, cookie, session } = await signInOf(core).signIn({
      username,
      password,
      code,
      address: request.ip ?? '',
      agent: request.get('user-agent') ?? '',
      language: languageOf(request.headers['accept-language']),
      trace: request.trace,
    })
    if (before?.credential.kind === 'session')
      await replaceSession(core, before.home, before.credential.id, request.trace)
    setSessionCookie(core, response, cookie)
    answer(response, presentOwnSession(core, operator, session, operator.tenant))
  })
  for (const route of personRoutes) route.mount(api, core, limits)
}

async function endSession(ctx: Ctx, id: string): Promise<void> {
  await changeOne(ctx, SessionDocs, id, (doc) => ({ next: { ...doc, gone: true } }))
}

/** The browser forgets its old cookie, so nobody could end that session any more. */
async function replaceSession(core: Core, tenant: string, id: string, trace: string): Promise<void> {
  await endSession(systemCtx(core, tenant, 'sign-in', `${tenant}:replaced:${trace}`), id)
}
