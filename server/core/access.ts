/** Who is asking and what may they do: answered from the hot views alone, for HTTP and for the socket handshake. */
import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie } from 'cookie'
import { granted, permissions, type Permission, type Role } from '#wire'
import type { Core } from './core.ts'
import type { Actor, Ctx, Refusal } from './feature.ts'
import { sha256 } from './passwords.ts'
import { refused } from './problems.ts'
import {
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
  credential: { kind: 'session' | 'token'; id: string }
  /** A tenant was named that this caller may not enter: nothing is open. */
  astray: boolean
  /** A second factor must be set up first: nothing else is open. */
  enrolment: boolean
}

type Parts = Pick<Core, 'views' | 'clock'>

/** null: nobody we know. A bearer token wins over a cookie. `wanted`: the tenant to act in, where a header cannot say it. */
export function authenticate(
  core: Parts,
  headers: IncomingHttpHeaders,
  wanted: string | undefined = single(headers['x-tenant']),
): Principal | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (headers.authorization !== undefined) return bearer ? byToken(core, bearer) : null
  const cookie = headers.cookie ? parseCookie(headers.cookie)[SESSION_COOKIE] : undefined
  return cookie ? bySession(core, cookie, wanted) : null
}

/** Is what was true at the handshake or request still true? For sockets, which live longer than a request. */
export function stillValid(core: Parts, principal: Principal): boolean {
  const { kind, id } = principal.credential
  if (kind === 'token') return liveToken(core, id) !== null
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
  const person = principal.credential.kind === 'session'
  const allowed = permission === 'session' ? person : principal.permissions.has(permission)
  return allowed ? null : refused('auth.forbidden', { params: { permission } })
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
