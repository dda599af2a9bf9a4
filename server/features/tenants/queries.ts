/** Readings of this room, all from the hot views. */
import { isRefusal } from '../../core/problems.ts'
import { defineQuery } from '../../core/command.ts'
import { DepartmentDocs, OperatorDocs, TenantDocs, TokenDocs } from '../../core/tenants.ts'
import { Paging } from '#wire'
import {
  ById,
  DepartmentRow,
  listOf,
  OperatorQuery,
  OperatorRow,
  Operators,
  TenantRow,
  TokenQuery,
  TokenRow,
  Tokens,
} from './contract.ts'
import { page } from './listing.ts'
import { findOne } from './one.ts'
import { presentDepartment, presentOperator, presentTenant, presentToken } from './present.ts'

export const queries = [
  defineQuery({
    route: 'GET /operators',
    summary: 'Operators of the tenant',
    input: OperatorQuery,
    output: listOf(OperatorRow),
    permission: 'operators:read',
    run(ctx, query) {
      const rows = [...ctx.core.views.ofTenant(OperatorDocs, ctx.tenant)].map(presentOperator)
      return page(
        rows.filter((row) => Operators.matches(row, query)),
        (row) => row.username,
        query,
      )
    },
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
    run(ctx, query) {
      const rows = [...ctx.core.views.ofTenant(TokenDocs, ctx.tenant)].map(presentToken)
      const newestFirst = (row: TokenRow) => `${String(1e15 - row.createdAt).padStart(16, '0')} ${row.id}`
      return page(
        rows.filter((row) => Tokens.matches(row, query)),
        newestFirst,
        query,
      )
    },
  }),
  defineQuery({
    route: 'GET /tenants',
    summary: 'All tenants of the platform',
    input: Paging,
    output: listOf(TenantRow),
    permission: 'tenants:read',
    run: (ctx, query) => page([...ctx.core.views.all(TenantDocs)].map(presentTenant), (row) => row.code, query),
  }),
  defineQuery({
    route: 'GET /departments',
    summary: 'Departments of the tenant, each with its parent',
    input: Paging,
    output: listOf(DepartmentRow),
    permission: 'inventory:read',
    run: (ctx, query) =>
      page(
        [...ctx.core.views.ofTenant(DepartmentDocs, ctx.tenant)].map(presentDepartment),
        (row) => `${row.name} ${row.id}`,
        query,
      ),
  }),
]
