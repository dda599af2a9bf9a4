/** Accounts and what they may do: who may grant what, and when sessions end with it. */
import { granted, type Permission, type Role } from '#wire'
import type { Decision } from '../../core/core.ts'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { hashPassword, randomPassword, randomSecret, sha256 } from '../../core/passwords.ts'
import {
  departmentId,
  DepartmentDocs,
  OperatorDocs,
  operatorId,
  PLATFORM,
  SessionDocs,
  TenantDocs,
  tenantId,
  TokenDocs,
  tokenId,
  type DepartmentDoc,
  type OperatorDoc,
  type TenantDoc,
  type TokenDoc,
} from '../../core/tenants.ts'
import { changeOne } from '../../core/one.ts'

/** Nobody gives a right he does not have, and the platform's role lives in the platform's tenant only. */
function mayGrant(ctx: Ctx, role: Role): Refusal | null {
  if (role === 'platform-admin' && ctx.tenant !== PLATFORM) return invalid('role', 'only in the tenant platform')
  const missing = granted[role].find((permission) => !ctx.permissions.has(permission))
  return missing ? refused('auth.forbidden', { params: { permission: missing } }) : null
}

const invalid = (path: string, message: string) => refused('request.invalid', { errors: [{ path, message }] })

export interface NewAccount {
  username: string
  name: string
  role: Role
  password?: string | undefined
}

/** `username` is the part before the @. Answers the password when it was made here. */
export async function createOperator(
  ctx: Ctx,
  account: NewAccount,
): Promise<{ doc: OperatorDoc; password: string } | Refusal> {
  const refusal = ctx.actor.kind === 'system' ? null : mayGrant(ctx, account.role)
  if (refusal) return refusal
  const tenant = ctx.core.views.get(TenantDocs, tenantId(ctx.tenant))
  if (!tenant || tenant.gone) return refused('request.not-found')
  const password = account.password ?? randomPassword()
  const doc = await ctx.core.changes.create(ctx, OperatorDocs, {
    _id: operatorId(ctx.tenant, account.username),
    tenant: ctx.tenant,
    username: `${account.username}@${ctx.tenant}`,
    name: account.name,
    role: account.role,
    disabled: false,
    passwordHash: await hashPassword(password),
    passwordChangedAt: ctx.now,
    totp: null,
    totpPending: null,
    recovery: [],
    language: null,
    theme: 'system',
    density: 'normal',
    createdAt: ctx.now,
  })
  return doc ? { doc, password } : refused('name.taken', { params: { name: account.username } })
}

export interface OperatorEdit {
  id: string
  name?: string | undefined
  role?: Role | undefined
  disabled?: boolean | undefined
}

export async function editOperator(ctx: Ctx, { id, ...edit }: OperatorEdit): Promise<OperatorDoc | Refusal> {
  const narrows = edit.role !== undefined || edit.disabled === true
  if (narrows && id === ctx.actor.id) return refused('state.conflict', { params: { state: 'own-account' } })
  const edited = await changeOne(ctx, OperatorDocs, id, (doc): Decision<OperatorDoc> => {
    const refusal = mayTouch(ctx, doc) ?? (edit.role ? mayGrant(ctx, edit.role) : null)
    if (refusal) return refusal
    const next = {
      ...doc,
      name: edit.name ?? doc.name,
      role: edit.role ?? doc.role,
      disabled: edit.disabled ?? doc.disabled,
    }
    return next.name === doc.name && next.role === doc.role && next.disabled === doc.disabled
      ? { same: true }
      : { next }
  })
  if (!isRefusal(edited) && edit.disabled) await endSessions(ctx, id)
  return edited
}

/** Whoever has more rights than the caller is not the caller's to change. */
const mayTouch = (ctx: Ctx, doc: OperatorDoc) => (ctx.actor.kind === 'system' ? null : mayGrant(ctx, doc.role))

export async function deleteOperator(ctx: Ctx, id: string): Promise<OperatorDoc | Refusal> {
  if (id === ctx.actor.id) return refused('state.conflict', { params: { state: 'own-account' } })
  const deleted = await changeOne(
    ctx,
    OperatorDocs,
    id,
    (doc) => mayTouch(ctx, doc) ?? { next: { ...doc, gone: true } },
  )
  if (!isRefusal(deleted)) await endSessions(ctx, id)
  return deleted
}

/** A new random password; every session of the operator ends. */
export async function resetPassword(
  ctx: Ctx,
  id: string,
  password = randomPassword(),
): Promise<{ id: string; password: string; username: string } | Refusal> {
  const passwordHash = await hashPassword(password)
  const reset = await changeOne(ctx, OperatorDocs, id, (doc) => {
    return mayTouch(ctx, doc) ?? { next: { ...doc, passwordHash, passwordChangedAt: ctx.now } }
  })
  if (isRefusal(reset)) return reset
  await endSessions(ctx, id)
  return { id, password, username: reset.username }
}

/** For a lost phone: the person signs in with the password and enrols again. */
export async function resetSecondFactor(ctx: Ctx, id: string): Promise<OperatorDoc | Refusal> {
  const reset = await changeOne(ctx, OperatorDocs, id, (doc) => {
    return mayTouch(ctx, doc) ?? { next: { ...doc, totp: null, totpPending: null, recovery: [] } }
  })
  if (!isRefusal(reset)) await endSessions(ctx, id)
  return reset
}

export async function endSessions(ctx: Ctx, operator: string, except?: string): Promise<void> {
  const open = [...ctx.core.views.ofTenant(SessionDocs, ctx.tenant)].filter(
    (doc) => doc.operator === operator && doc._id !== except,
  )
  await ctx.core.changes.each(
    ctx,
    SessionDocs,
    open.map(({ _id }) => _id),
    (doc) => ({ next: { ...doc, gone: true } }),
  )
}

export interface TokenOrder {
  name: string
  scopes: readonly Permission[]
  expiresInDays?: number | undefined
}

export async function createToken(ctx: Ctx, order: TokenOrder): Promise<{ doc: TokenDoc; token: string } | Refusal> {
  const missing = ctx.actor.kind === 'system' ? undefined : order.scopes.find((scope) => !ctx.permissions.has(scope))
  if (missing) return refused('auth.forbidden', { params: { permission: missing } })
  const token = `dwt_${ctx.tenant}_${randomSecret()}`
  const doc = await ctx.core.changes.create(ctx, TokenDocs, {
    _id: tokenId(ctx.tenant, sha256(token)),
    tenant: ctx.tenant,
    name: order.name,
    scopes: [...new Set(order.scopes)],
    createdBy: ctx.actor.name,
    createdAt: ctx.now,
    expiresAt: order.expiresInDays ? ctx.now + order.expiresInDays * 86_400_000 : null,
    revokedAt: null,
  })
  return doc ? { doc, token } : refused('name.taken', { params: { name: order.name } })
}

export function revokeToken(ctx: Ctx, id: string): Promise<TokenDoc | Refusal> {
  return changeOne(ctx, TokenDocs, id, (doc) =>
    doc.revokedAt === null ? { next: { ...doc, revokedAt: ctx.now } } : { same: true },
  )
}

export interface TenantOrder {
  code: string
  name: string
  demo?: boolean
}

/** A demo tenant signs in with a password alone; every other asks changing roles for a second factor. */
export async function createTenant(ctx: Ctx, order: TenantOrder): Promise<TenantDoc | Refusal> {
  const demo = order.demo ?? false
  const doc = await ctx.core.changes.create({ ...ctx, tenant: order.code }, TenantDocs, {
    _id: tenantId(order.code),
    tenant: order.code,
    code: order.code,
    name: order.name,
    requireSecondFactor: !demo,
    demo,
    createdAt: ctx.now,
  })
  return doc ?? refused('name.taken', { params: { name: order.code } })
}

export async function createDepartment(
  ctx: Ctx,
  order: { name: string; parent?: string | undefined },
): Promise<DepartmentDoc | Refusal> {
  const parent = order.parent ?? null
  if (parent !== null && ctx.core.views.get(DepartmentDocs, parent)?.tenant !== ctx.tenant)
    return invalid('parent', 'no such department')
  const doc = await ctx.core.changes.create(ctx, DepartmentDocs, {
    _id: departmentId(ctx.tenant, sha256(`${parent ?? ''}/${order.name}`).slice(0, 24)),
    tenant: ctx.tenant,
    name: order.name,
    parent,
    createdAt: ctx.now,
  })
  return doc ?? refused('name.taken', { params: { name: order.name } })
}
