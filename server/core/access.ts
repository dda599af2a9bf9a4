/** Who is asking and what may they do: answered from the hot views alone, for HTTP and for the socket handshake. */
import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie } from 'cookie'
import { granted, permissions, type Permission, type Role } from '#wire'
import type { Core } from './core.ts'
import type { Actor, AnyView, Ctx, Refusal } from './feature.ts'
import { sha256 } from './passwords.ts'
import { refused } from './problems.ts'
import {
  DisplayAccountDocs,
  displayId,
  mayChange,
  OperatorDocs,
  PLATFORM,
  SessionDocs,
  sessionId,
  tenantCode,
  TenantDocs,
  tenantId,
  TokenDocs,
  tokenId,
  type OperatorDoc,
} from './tenants.ts'

export const SESSION_COOKIE = 'dw_session'

export interface Principal {
  /** The tenant acted in. */
  tenant: string
  /** The actor's own tenant; another one than `tenant` only for a platform administrator. */
  home: string
  actor: Actor
  role: Role | null
  permissions: ReadonlySet<Permission>
  language: 'zh-CN' | 'en' | null
  /** Of a display with the sha256 that it came in by: another screen under the same name is another one. */
  credential: { kind: 'session' | 'token'; id: string } | { kind: 'display'; id: string; hash: string }
  /** A tenant was named that this caller may not enter: nothing is open. */
  astray: boolean
  /** A second factor must be set up first: nothing else is open. */
  enrolment: boolean
}

type Parts = Pick<Core, 'views' | 'clock'>

export const cookieOf = (headers: IncomingHttpHeaders) =>
  headers.cookie ? parseCookie(headers.cookie)[SESSION_COOKIE] : undefined

/** null: nobody we know. A bearer token wins over a cookie. `wanted`: the tenant to act in, where a header cannot say it. */
export function authenticate(
  core: Parts,
  headers: IncomingHttpHeaders,
  wanted: string | undefined = single(headers['x-tenant']),
): Principal | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (headers.authorization !== undefined) return bearer ? byToken(core, bearer) : null
  const cookie = cookieOf(headers)
  return cookie ? (byDisplay(core, cookie) ?? bySession(core, cookie, wanted)) : null
}

/** Is what was true at the handshake or request still true? For sockets, which live longer than a request. */
export function stillValid(core: Parts, principal: Principal): boolean {
  const { credential } = principal
  const { kind, id } = credential
  if (kind === 'token') return liveToken(core, id) !== null
  if (kind === 'display') return liveDisplay(core, id, credential.hash) !== null
  const session = liveSession(core, id)
  if (session?.operator.role !== principal.role) return false
  return principal.tenant === principal.home || mayEnter(core, session.operator, principal.tenant)
}

function byToken(core: Parts, secret: string): Principal | null {
  const tenant = /^dwt_([a-z][a-z0-9-]{1,30})_[\w-]{20,100}$/.exec(secret)?.[1]
  if (!tenant) return null
  const token = liveToken(core, tokenId(tenant, sha256(secret)))
  if (!token) return null
  return {
    tenant,
    home: tenant,
    actor: { kind: 'token', id: token._id, name: token.name },
    role: null,
    permissions: new Set(token.scopes),
    language: null,
    credential: { kind: 'token', id: token._id },
    astray: false,
    enrolment: false,
  }
}

function bySession(core: Parts, cookie: string, wanted: string | undefined): Principal | null {
  const parts = /^([a-z][a-z0-9-]{1,30})\.([\w-]{20,100})$/.exec(cookie)
  const home = parts?.[1]
  if (!home || !parts?.[2]) return null
  const found = liveSession(core, sessionId(home, sha256(parts[2])))
  if (!found) return null
  const { operator } = found
  const tenant = wanted ?? home
  const astray = tenant !== home && !mayEnter(core, operator, tenant)
  return {
    tenant: astray ? home : tenant,
    home,
    actor: { kind: 'operator', id: operator._id, name: operator.name },
    role: operator.role,
    permissions: rightsOf(operator.role),
    language: operator.language,
    credential: { kind: 'session', id: found.session._id },
    astray,
    enrolment: enrolmentNeeded(core, operator),
  }
}

function byDisplay(core: Parts, cookie: string): Principal | null {
  const [, tenant, key, secret] = displayCookieShape.exec(cookie) ?? []
  if (!tenant || !key || !secret) return null
  const hash = sha256(secret)
  const display = liveDisplay(core, displayId(tenant, key), hash)
  if (!display) return null
  return {
    tenant,
    home: tenant,
    actor: { kind: 'display', id: display._id, name: display.name },
    role: 'viewer',
    permissions: rightsOf('viewer'),
    language: display.language,
    credential: { kind: 'display', id: display._id, hash },
    astray: false,
    enrolment: false,
  }
}

const displayCookieShape = /^([a-z][a-z0-9-]{1,30})\.display\.([\w-]{8,64})\.([\w-]{20,100})$/
export const displayCookie = (tenant: string, key: string, secret: string) => `${tenant}.display.${key}.${secret}`

const rights = new Map<Role, ReadonlySet<Permission>>()
function rightsOf(role: Role): ReadonlySet<Permission> {
  let set = rights.get(role)
  if (!set) rights.set(role, (set = new Set(granted[role])))
  return set
}

function liveSession(core: Parts, id: string) {
  const session = core.views.get(SessionDocs, id)
  if (!session || session.gone || session.expiresAt <= core.clock.now()) return null
  const operator = core.views.get(OperatorDocs, session.operator)
  if (!operator || operator.gone || operator.disabled || operator.tenant !== session.tenant) return null
  return { session, operator }
}

function liveToken(core: Parts, id: string) {
  const token = core.views.get(TokenDocs, id)
  if (!token || token.gone || token.revokedAt !== null) return null
  if (token.expiresAt !== null && token.expiresAt <= core.clock.now()) return null
  return token
}

function liveDisplay(core: Parts, id: string, hash: string) {
  const display = core.views.get(DisplayAccountDocs, id)
  return display && !display.gone && display.credential.session?.hash === hash ? display : null
}

function mayEnter(core: Parts, operator: OperatorDoc, tenant: string): boolean {
  if (operator.role !== 'platform-admin' || operator.tenant !== PLATFORM || !tenantCode.test(tenant)) return false
  const doc = core.views.get(TenantDocs, tenantId(tenant))
  return doc !== undefined && !doc.gone
}

export function enrolmentNeeded(core: Pick<Core, 'views'>, operator: OperatorDoc): boolean {
  if (operator.totp || !mayChange(operator.role)) return false
  // An unknown tenant asks for more, not for less.
  return core.views.get(TenantDocs, tenantId(operator.tenant))?.requireSecondFactor ?? true
}

/** null: allowed. `session` asks for a person, not for a right. */
export function authorize(principal: Principal | null, permission: Permission | 'public' | 'session'): Refusal | null {
  if (permission === 'public') return null
  if (!principal) return refused('auth.required')
  if (principal.astray) return refused('auth.forbidden', { params: { permission: 'tenants:write' } })
  if (principal.enrolment) return refused('auth.enrolment-required')
  const { kind } = principal.credential
  const allowed = permission === 'session' ? kind === 'session' : principal.permissions.has(permission)
  // A display is a viewer of the live views of a wall, and of nothing else.
  return allowed && kind !== 'display' ? null : refused('auth.forbidden', { params: { permission } })
}

/** May a socket of that caller hold the view? */
export function mayHold(principal: Principal, view: AnyView): boolean {
  if (principal.credential.kind === 'display') return view.onWalls === true
  return authorize(principal, view.contract.permission) === null
}

/** A context for what the house does by itself. */
export function systemCtx(core: Core, tenant: string, name: string, command: string): Ctx {
  return {
    tenant,
    actor: { kind: 'system', id: `${tenant}:system:${name}`, name },
    role: null,
    permissions: new Set(permissions),
    command,
    trace: command,
    now: core.clock.now(),
    language: 'en',
    address: '',
    core,
  }
}

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)
