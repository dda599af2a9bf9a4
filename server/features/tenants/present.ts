/** What leaves the house of each document, field by field. */
import { enrolmentNeeded } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { must } from '../../core/must.ts'
import {
  SessionDocs,
  TenantDocs,
  tenantId,
  type DepartmentDoc,
  type OperatorDoc,
  type SessionDoc,
  type TenantDoc,
  type TokenDoc,
} from '../../core/tenants.ts'
import { granted } from '#wire'
import type { DepartmentRow, OperatorRow, SessionAnswer, SessionRow, TenantRow, TokenRow } from './contract.ts'

export const presentOperator = (doc: OperatorDoc): OperatorRow => ({
  id: doc._id,
  username: doc.username,
  name: doc.name,
  role: doc.role,
  disabled: doc.disabled,
  secondFactor: doc.totp !== null,
  createdAt: doc.createdAt,
})

export const presentToken = (doc: TokenDoc): TokenRow => ({
  id: doc._id,
  name: doc.name,
  scopes: doc.scopes,
  createdBy: doc.createdBy,
  createdAt: doc.createdAt,
  expiresAt: doc.expiresAt,
  revokedAt: doc.revokedAt,
})

export const presentTenant = (doc: TenantDoc): TenantRow => ({
  id: doc._id,
  code: doc.code,
  name: doc.name,
  requireSecondFactor: doc.requireSecondFactor,
  demo: doc.demo,
  createdAt: doc.createdAt,
})

export const presentDepartment = (doc: DepartmentDoc): DepartmentRow => ({
  id: doc._id,
  name: doc.name,
  parent: doc.parent,
})

export const presentSession = (doc: SessionDoc, current: string): SessionRow => ({
  id: doc._id,
  createdAt: doc.createdAt,
  usedAt: doc.usedAt,
  expiresAt: doc.expiresAt,
  address: doc.address,
  agent: doc.agent,
  current: doc._id === current,
})

/** `tenant` is the one acted in, which a platform administrator chooses. */
export function presentOwnSession(core: Core, operator: OperatorDoc, session: string, tenant: string): SessionAnswer {
  const { expiresAt } = must(core.views.get(SessionDocs, session), 'whoever is signed in has a session')
  const tenantDoc = core.views.get(TenantDocs, tenantId(tenant))
  return {
    operator: { id: operator._id, name: operator.name, username: operator.username },
    tenant: { id: tenantId(tenant), code: tenant, name: tenantDoc?.name ?? tenant },
    role: operator.role,
    permissions: [...granted[operator.role]],
    language: operator.language,
    theme: operator.theme,
    density: operator.density,
    zone: operator.zone ?? null,
    sound: operator.sound ?? 'critical',
    secondFactor: operator.totp ? 'on' : enrolmentNeeded(core, operator) ? 'enrol' : 'off',
    expiresAt,
  }
}
