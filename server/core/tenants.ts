/** Tenants and who may act in them, as stored: hot on every node, so that rights are looked up without a query. */
import type { Db } from 'mongodb'
import type { Permission, Role } from '#wire'
import { granted } from '#wire'
import type { Collection, Doc } from './feature.ts'
import { documents } from './mongo.ts'

export interface TenantDoc extends Doc {
  code: string
  name: string
  /** Roles that change anything need a second factor; off for demo tenants only. */
  requireSecondFactor: boolean
  demo: boolean
  createdAt: number
}

export interface DepartmentDoc extends Doc {
  name: string
  parent: string | null
  createdAt: number
}

export type Theme = 'dark' | 'light' | 'system'
export type Density = 'compact' | 'normal' | 'roomy'
export type Sound = 'off' | 'critical' | 'all'

export interface OperatorDoc extends Doc {
  /** `admin@acme`: user part and tenant code. */
  username: string
  name: string
  role: Role
  disabled: boolean
  passwordHash: string
  passwordChangedAt: number
  /** Sealed TOTP secret and the last time step used: a code works once. */
  totp: { sealed: string; step: number } | null
  /** Sealed secret shown for enrolment, not confirmed by a code yet. */
  totpPending: string | null
  /** sha256 of recovery codes not used yet. */
  recovery: string[]
  language: 'zh-CN' | 'en' | null
  theme: Theme
  density: Density
  /** Their clock on every screen; absent: the browser's. */
  zone?: string | null
  /** Which new alarms are heard. */
  sound?: Sound
  createdAt: number
}

export interface SessionDoc extends Doc {
  operator: string
  createdAt: number
  /** Coarse: written at most every 5 minutes. */
  usedAt: number
  expiresAt: number
  address: string
  agent: string
}

export interface TokenDoc extends Doc {
  name: string
  scopes: Permission[]
  createdBy: string
  createdAt: number
  expiresAt: number | null
  revokedAt: number | null
}

/** A screen that came in by a link: it watches, and stays until it is sent away. */
export interface DisplayAccountDoc extends Doc {
  name: string
  language: 'zh-CN' | 'en'
  credential: {
    /** What opens it once: sha256 of the link's secret; null: there is none to be opened. */
    link: { hash: string; madeAt: number; openedAt: number | null } | null
    /** sha256 of what the screen's cookie carries; null: no screen is in. */
    session: { hash: string; since: number } | null
  }
}

export const TenantDocs: Collection<TenantDoc> = { noun: 'tenants', hot: true }
export const DepartmentDocs: Collection<DepartmentDoc> = { noun: 'departments', hot: true }
export const OperatorDocs: Collection<OperatorDoc> = { noun: 'operators', hot: true }
export const SessionDocs: Collection<SessionDoc> = { noun: 'sessions', hot: true }
export const TokenDocs: Collection<TokenDoc> = { noun: 'tokens', hot: true }
export const DisplayAccountDocs: Collection<DisplayAccountDoc> = { noun: 'displays', hot: true }

/** The operations platform itself; its administrators may act in every tenant. */
export const PLATFORM = 'platform'

export const tenantId = (code: string) => `${code}:tenant`
export const departmentId = (tenant: string, key: string) => `${tenant}:department:${key}`
export const operatorId = (tenant: string, user: string) => `${tenant}:operator:${user}`
export const sessionId = (tenant: string, hash: string) => `${tenant}:session:${hash}`
export const displayId = (tenant: string, key: string) => `${tenant}:display:${key}`
export const tokenId = (tenant: string, hash: string) => `${tenant}:token:${hash}`

export const tenantCode = /^[a-z][a-z0-9-]{1,30}$/
const usernameShape = /^([a-z0-9][a-z0-9._-]{0,62})@([a-z][a-z0-9-]{1,30})$/

/** Splits `admin@acme`; null when it cannot be a username. */
export function splitUsername(username: string): { user: string; tenant: string } | null {
  const found = usernameShape.exec(username.trim().toLowerCase())
  return found?.[1] && found[2] ? { user: found[1], tenant: found[2] } : null
}

/** Roles that may do more than read, and keep views of their own; these need a second factor (S-0). */
export const mayChange = (role: Role) =>
  granted[role].some((permission) => !permission.endsWith(':read') && permission !== 'views:write')

/** For workers, which hold no views: few documents, read once a day. */
export async function readTenantCodes(db: Db): Promise<string[]> {
  const tenants = await documents<TenantDoc>(db, TenantDocs.noun).find({}).toArray()
  return tenants.map(({ tenant }) => tenant)
}
