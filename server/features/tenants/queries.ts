/** Readings of this room, all from the hot views. */
import { defineQuery } from '../../core/command.ts'
import { listOf, listView, pageOf } from '../../core/lists.ts'
import { isRefusal } from '../../core/problems.ts'
import { OperatorDocs, TenantDocs } from '../../core/tenants.ts'
import {
  ById,
  DepartmentQuery,
  DepartmentRow,
  OperatorQuery,
  OperatorRow,
  TenantQuery,
  TenantRow,
  Tenants,
  TokenQuery,
  TokenRow,
} from './contract.ts'
import { findOne } from '../../core/one.ts'
import { presentOperator, presentTenant } from './present.ts'
import { liveDepartments, liveOperators, liveTokens } from './views.ts'

export const queries = [
  defineQuery({
    route: 'GET /operators',
    summary: 'Operators of the tenant',
    input: OperatorQuery,
    output: listOf(OperatorRow),
    permission: 'operators:read',
    run: (ctx, query) => listView(ctx, liveOperators, query, query),
  }),
  defineQuery({
    route: 'GET /operators/:id',
    summary: 'One operator',
    input: ById,
    output: OperatorRow,
    permission: 'operators:read',
    run(ctx, { id }) {
      const doc = findOne(ctx, OperatorDocs, id)
      return isRefusal(doc) ? doc : presentOperator(doc)
    },
  }),
  defineQuery({
    route: 'GET /tokens',
    summary: 'Service tokens of the tenant, without their secrets',
    input: TokenQuery,
    output: listOf(TokenRow),
    permission: 'tokens:read',
    run: (ctx, query) => listView(ctx, liveTokens, query, query),
  }),
  defineQuery({
    route: 'GET /tenants',
    summary: 'All tenants of the platform',
    input: TenantQuery,
    output: listOf(TenantRow),
    permission: 'tenants:read',
    run(ctx, query) {
      const rows = [...ctx.core.views.all(TenantDocs)].map(presentTenant)
      return pageOf(
        rows.filter((row) => Tenants.matches(row, query)),
        Tenants,
        query,
      )
    },
  }),
  defineQuery({
    route: 'GET /departments',
    summary: 'Departments of the tenant, each with its parent',
    input: DepartmentQuery,
    output: listOf(DepartmentRow),
    permission: 'inventory:read',
    run: (ctx, query) => listView(ctx, liveDepartments, query, query),
  }),
]
