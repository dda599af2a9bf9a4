/** Tenants and who may come in: operators, sessions, service tokens, departments, as consoles and callers see them. */
import * as z from 'zod/mini'
import { defineView, Paging, Permission, Role } from '#wire'

const text = (most: number) => z.string().check(z.maxLength(most))
const title = (most: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(most))
const id = z.string().check(z.minLength(1), z.maxLength(200))

export const Language = z.enum(['zh-CN', 'en'])
export const Theme = z.enum(['dark', 'light', 'system'])
export const Density = z.enum(['compact', 'normal', 'roomy'])

export const Sound = z.enum(['off', 'critical', 'all'])

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false // the platform knows no other way to ask
  }
}
export const Zone = z
  .string()
  .check(z.minLength(1), z.maxLength(60), z.refine(isZone, 'must be a time zone, e.g. Asia/Shanghai'))

export const TenantCode = z.string().check(z.regex(/^[a-z][a-z0-9-]{1,30}$/))
/** The part before the @; the tenant's code follows it. */
export const UserPart = z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/))

// --- one's own session ---------------------------------------------------------------------------------------------

export const SignIn = z.strictObject({
  username: z.string().check(z.minLength(1), z.maxLength(100)),
  password: z.string().check(z.minLength(1), z.maxLength(200)),
  /** Six digits of the authenticator app, or a recovery code. */
  code: z.optional(text(40)),
})
export type SignIn = z.infer<typeof SignIn>

export const SessionAnswer = z.object({
  operator: z.object({ id: z.string(), name: z.string(), username: z.string() }),
  tenant: z.object({ id: z.string(), code: z.string(), name: z.string() }),
  role: Role,
  permissions: z.array(Permission),
  language: z.nullable(Language),
  theme: Theme,
  density: Density,
  zone: z.nullable(z.string()),
  sound: Sound,
  /** `enrol`: nothing but setting up the second factor is open. */
  secondFactor: z.enum(['off', 'on', 'enrol']),
  expiresAt: z.number(),
})
export type SessionAnswer = z.infer<typeof SessionAnswer>

export const Preferences = z.strictObject({
  language: z.optional(Language),
  theme: z.optional(Theme),
  density: z.optional(Density),
  /** null: the browser’s own. */
  zone: z.optional(z.nullable(Zone)),
  sound: z.optional(Sound),
})
export type Preferences = z.infer<typeof Preferences>

export const ChangePassword = z.strictObject({ current: text(200), next: text(200) })
export const ConfirmCode = z.strictObject({ code: z.string().check(z.minLength(6), z.maxLength(40)) })
export const Enrolment = z.object({ secret: z.string(), uri: z.string(), qr: z.string() })
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) })
export const Nothing = z.strictObject({})
export const ById = z.strictObject({ id })

export const SessionRow = z.object({
  id: z.string(),
  createdAt: z.number(),
  usedAt: z.number(),
  expiresAt: z.number(),
  address: z.string(),
  agent: z.string(),
  current: z.boolean(),
})
export type SessionRow = z.infer<typeof SessionRow>
export const SessionList = z.object({ items: z.array(SessionRow) })

// --- operators -----------------------------------------------------------------------------------------------------

export const OperatorRow = z.object({
  id: z.string(),
  username: z.string(),
  name: z.string(),
  role: Role,
  disabled: z.boolean(),
  secondFactor: z.boolean(),
  createdAt: z.number(),
})
export type OperatorRow = z.infer<typeof OperatorRow>

export const OperatorFilter = z.object({ text: z.optional(text(100)), role: z.optional(Role) })
export type OperatorFilter = z.infer<typeof OperatorFilter>

const holds = (value: string, part: string | undefined) => !part || value.toLowerCase().includes(part.toLowerCase())
const byKey = <K extends string>(key: K) => {
  return (a: Record<K, string>, b: Record<K, string>) => a[key].localeCompare(b[key])
}

export const Operators = defineView<OperatorRow, OperatorFilter>({
  name: 'operators',
  permission: 'operators:read',
  filter: OperatorFilter,
  matches: (row, filter) =>
    (!filter.role || row.role === filter.role) && (holds(row.username, filter.text) || holds(row.name, filter.text)),
  orders: { username: byKey('username') },
  defaultOrder: 'username',
  counters: (rows) => ({ total: [...rows].length }),
})

export const OperatorQuery = z.extend(Paging, OperatorFilter.shape)
export const NewOperator = z.strictObject({ username: UserPart, name: title(80), role: Role })
export const EditOperator = z.strictObject({
  id,
  name: z.optional(title(80)),
  role: z.optional(Role),
  disabled: z.optional(z.boolean()),
})
/** The password is shown this once; it is stored as a hash only. */
export const OperatorWithPassword = z.extend(OperatorRow, { password: z.nullable(z.string()) })
export const NewPassword = z.object({ id: z.string(), password: z.nullable(z.string()) })

// --- service tokens ------------------------------------------------------------------------------------------------

export const TokenRow = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(Permission),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.nullable(z.number()),
  revokedAt: z.nullable(z.number()),
})
export type TokenRow = z.infer<typeof TokenRow>

export const TokenFilter = z.object({ text: z.optional(text(100)) })
export type TokenFilter = z.infer<typeof TokenFilter>

export const Tokens = defineView<TokenRow, TokenFilter>({
  name: 'tokens',
  permission: 'tokens:read',
  filter: TokenFilter,
  matches: (row, filter) => holds(row.name, filter.text),
  orders: { newest: (a, b) => b.createdAt - a.createdAt || byKey('id')(a, b) },
  defaultOrder: 'newest',
  counters: (rows) => ({ total: [...rows].length }),
})

export const TokenQuery = z.extend(Paging, TokenFilter.shape)
export const NewToken = z.strictObject({
  name: title(80),
  scopes: z.array(Permission).check(z.minLength(1), z.maxLength(20)),
  expiresInDays: z.optional(z.number().check(z.int(), z.minimum(1), z.maximum(3650))),
})
/** The token is shown this once; it is stored as a fingerprint only. */
export const TokenWithSecret = z.extend(TokenRow, { token: z.nullable(z.string()) })

// --- tenants and departments -----------------------------------------------------------------------------------------

export const TenantRow = z.object({
  id: z.string(),
  code: z.string(),
  name: z.string(),
  requireSecondFactor: z.boolean(),
  demo: z.boolean(),
  createdAt: z.number(),
})
export type TenantRow = z.infer<typeof TenantRow>
export const TenantFilter = z.object({ text: z.optional(text(100)) })
export const Tenants = defineView<TenantRow, z.infer<typeof TenantFilter>>({
  name: 'tenants',
  permission: 'tenants:read',
  filter: TenantFilter,
  matches: (row, filter) => holds(row.code, filter.text) || holds(row.name, filter.text),
  orders: { code: byKey('code') },
  defaultOrder: 'code',
  counters: (rows) => ({ total: [...rows].length }),
})
export const TenantQuery = z.extend(Paging, TenantFilter.shape)
export const NewTenant = z.strictObject({ code: TenantCode, name: title(80) })
export const EditTenant = z.strictObject({
  id,
  name: z.optional(title(80)),
  requireSecondFactor: z.optional(z.boolean()),
})

export const DepartmentRow = z.object({ id: z.string(), name: z.string(), parent: z.nullable(z.string()) })
export type DepartmentRow = z.infer<typeof DepartmentRow>
export const DepartmentFilter = z.object({ text: z.optional(text(100)) })
export const Departments = defineView<DepartmentRow, z.infer<typeof DepartmentFilter>>({
  name: 'departments',
  permission: 'inventory:read',
  filter: DepartmentFilter,
  matches: (row, filter) => holds(row.name, filter.text),
  orders: { name: (a, b) => byKey('name')(a, b) || byKey('id')(a, b) },
  defaultOrder: 'name',
  counters: (rows) => ({ total: [...rows].length }),
})
export const DepartmentQuery = z.extend(Paging, DepartmentFilter.shape)
export const NewDepartment = z.strictObject({ name: title(80), parent: z.optional(id) })
