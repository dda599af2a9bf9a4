/** What a screen does by itself: it opens its link, learns who it is, and says that it is alive. */
import type { Request, Router } from 'express'
import { granted } from '#wire'
import { cookieOf, displayCookie, systemCtx, type Principal } from '../../core/access.ts'
import type { Core, Decision } from '../../core/core.ts'
import { jsonBody } from '../../core/http.ts'
import { must } from '../../core/must.ts'
import { changeOne } from '../../core/one.ts'
import type { Described } from '../../core/openapi.ts'
import { randomSecret, sha256 } from '../../core/passwords.ts'
import { answer, guard, newLimits, read, setSessionCookie } from '../../core/person-route.ts'
import { fail, isRefusal, refused } from '../../core/problems.ts'
import { displayId, SessionDocs, TenantDocs, tenantId } from '../../core/tenants.ts'
import { OpenLink, OwnDisplay, Sign, type Seen } from './contract.ts'
import { Nothing } from '../tenants/contract.ts'
import { DisplayDocs, linkUntil, type DisplayDoc } from './model.ts'

/** As long as browsers keep a cookie; each sign of life renews it. */
const cookieMs = 400 * 24 * 3_600_000
const seenStepMs = 5 * 60_000

const openLink: Described = {
  kind: 'command',
  method: 'post',
  path: '/displays/actions/open-link',
  summary: 'Signs this screen in by a link, which is used up by it',
  input: OpenLink,
  output: OwnDisplay,
  permission: 'public',
  errors: ['display.link', 'display.signed-in'],
}
const own: Described = {
  kind: 'query',
  method: 'get',
  path: '/displays/own',
  summary: 'Which display this screen is, and its settings',
  input: Nothing,
  output: OwnDisplay,
  permission: 'display',
}
const sign: Described = {
  kind: 'command',
  method: 'post',
  path: '/displays/own/signs',
  summary: 'This screen is alive: its page, build and sound',
  input: Sign,
  output: Nothing,
  permission: 'display',
  empty: true,
}
export const described: Described[] = [openLink, own, sign]

export function mountOwnRoutes(core: Core, api: Router): void {
  const limits = newLimits(core)
  api.post(openLink.path, ...jsonBody(), async (request, response) => {
    const principal = await guard(core, limits, request)
    const { link, replace } = read(OpenLink, request.body)
    const person = principal?.credential.kind === 'session' ? principal : null
    if (person && !replace) fail('display.signed-in', { params: { name: person.actor.name } })
    const { display, cookie } = await open(core, request, link)
    if (person) await signOut(core, person, request.trace)
    setSessionCookie(core, response, cookie, cookieMs)
    answer(response, presentOwn(core, display))
  })
  api.get(own.path, async (request, response) => {
    answer(response, presentOwn(core, displayOf(core, await guard(core, limits, request))))
  })
  api.post(sign.path, ...jsonBody(), async (request, response) => {
    const display = displayOf(core, await guard(core, limits, request))
    const seen: Seen = { ...read(Sign, request.body), at: core.clock.now() }
    core.changes.tell(display.tenant, 'displays', `seen:${display._id}`, seen)
    note(core, display, seen)
    setSessionCookie(core, response, cookieOf(request.headers) ?? '', cookieMs)
    answer(response, undefined)
  })
}

function displayOf(core: Core, principal: Principal | null): DisplayDoc {
  if (!principal) return fail('auth.required')
  if (principal.credential.kind !== 'display') return fail('auth.forbidden', { params: { permission: 'display' } })
  return must(core.views.get(DisplayDocs, principal.credential.id), 'a principal was made from its display')
}

const linkShape = /^([a-z][a-z0-9-]{1,30})\.([\w-]{8,64})\.([\w-]{20,100})$/

async function open(core: Core, request: Request, link: string): Promise<{ display: DisplayDoc; cookie: string }> {
  const [, tenant, key, secret] = linkShape.exec(link) ?? []
  if (!tenant || !key || !secret || !core.views.get(TenantDocs, tenantId(tenant))) return fail('display.link')
  const ctx = {
    ...systemCtx(core, tenant, 'display-link', `${tenant}:display-link:${request.trace}`),
    address: request.ip ?? '',
  }
  const id = displayId(tenant, key)
  const own = randomSecret()
  const display = await changeOne(ctx, DisplayDocs, id, (doc) => opened(doc, sha256(secret), sha256(own), ctx.now))
  const told = { verb: 'open-link', noun: 'displays', ids: [id] }
  if (isRefusal(display)) {
    await core.audit.record(ctx, { ...told, result: 'refused', code: 'display.link' })
    return fail('display.link')
  }
  await core.audit.record(ctx, { ...told, result: 'ok' })
  return { display, cookie: displayCookie(tenant, key, own) }
}

function opened(doc: DisplayDoc, secret: string, session: string, now: number): Decision<DisplayDoc> {
  const { link } = doc.credential
  if (link?.hash !== secret || now > (linkUntil(doc) ?? 0)) return refused('display.link')
  const credential = {
    link: { ...link, openedAt: link.openedAt ?? now },
    session: { hash: session, since: now },
  }
  return { next: { ...doc, credential } }
}

/** The browser forgets its cookie, so nobody could end that session any more. */
async function signOut(core: Core, { home, credential }: Principal, trace: string): Promise<void> {
  const ctx = systemCtx(core, home, 'display-link', `${home}:replaced:${trace}`)
  await changeOne(ctx, SessionDocs, credential.id, (doc) => ({ next: { ...doc, gone: true } }))
}

/** Not awaited: nobody waits for a time stamp, and a lost one is written by the next sign. */
function note(core: Core, { _id, tenant }: DisplayDoc, { at, build }: Seen): void {
  const fresh = (doc: DisplayDoc) => doc.build === build && at - (doc.seenAt ?? 0) < seenStepMs
  const standing = core.views.get(DisplayDocs, _id)
  if (!standing || fresh(standing)) return
  const ctx = systemCtx(core, tenant, 'display-signs', `${tenant}:display-signs:${_id}:${at}`)
  core.changes
    .each(ctx, DisplayDocs, [_id], (doc) => (fresh(doc) ? { same: true } : { next: { ...doc, seenAt: at, build } }))
    .catch((error: unknown) => core.logger.warn({ err: error }, 'the last sign of a display was not written'))
}

function presentOwn(core: Core, { _id: id, tenant, name, settings }: DisplayDoc): OwnDisplay {
  const home = core.views.get(TenantDocs, tenantId(tenant))
  return {
    operator: { id, name, username: '' },
    tenant: { id: tenantId(tenant), code: tenant, name: home?.name ?? tenant },
    role: 'viewer',
    permissions: [...granted.viewer],
    secondFactor: 'off',
    settings,
  }
}
