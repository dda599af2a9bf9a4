/** Pages of a list from memory: filter, order, cut after the cursor. Shape of every list answer: {items, nextCursor, total}. */
import * as z from 'zod/mini'
import type { Paging, ViewContract } from '#wire'
import type { Core } from './core.ts'
import type { Ctx, Doc, LiveView, Refusal } from './feature.ts'
import { refused } from './problems.ts'

export const listOf = <T extends z.ZodMiniType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.nullable(z.string()), total: z.number() })

export interface Page<T> {
  items: T[]
  nextCursor: string | null
  total: number
}

/** People are shown to roles that act or audit; a viewer (a wall, a guest) sees none. Tokens see what they wrote. */
export const seesMasked = (role: Ctx['role']) => role === 'viewer'

/** Rows of the caller's tenant as its role may see them. */
export function* rowsOf<D extends Doc, T, F>(
  core: Pick<Core, 'views'>,
  view: LiveView<D, T, F>,
  tenant: string,
  masked: boolean,
): Generator<T> {
  for (const doc of core.views.ofTenant(view.collection, tenant)) {
    const row = view.present(doc, masked)
    if (row !== null) yield row
  }
}

/** Filtered, ordered page of a live view. The cursor is the last id given: rows that came before it meanwhile are skipped. */
export function listView<D extends Doc, T extends { id: string }, F>(
  ctx: Ctx,
  view: LiveView<D, T, F>,
  filter: F,
  paging: Pick<Paging, 'cursor' | 'limit' | 'sort'>,
): Page<T> | Refusal {
  const matching: T[] = []
  for (const row of rowsOf(ctx.core, view, ctx.tenant, seesMasked(ctx.role)))
    if (view.contract.matches(row, filter)) matching.push(row)
  return pageOf(matching, view.contract, paging)
}

export function pageOf<T extends { id: string }, F>(
  rows: T[],
  contract: ViewContract<T, F>,
  paging: Pick<Paging, 'cursor' | 'limit' | 'sort'>,
): Page<T> | Refusal {
  const sort = paging.sort ?? contract.defaultOrder
  const order = Object.hasOwn(contract.orders, sort) ? contract.orders[sort] : undefined
  if (!order)
    return refused('request.invalid', {
      errors: [{ path: 'sort', message: `one of ${Object.keys(contract.orders).join(', ')}` }],
    })
  rows.sort(order)
  const from = paging.cursor === undefined ? 0 : rows.findIndex(({ id }) => id === paging.cursor) + 1
  if (paging.cursor !== undefined && from === 0) {
    return refused('request.invalid', {
      errors: [{ path: 'cursor', message: 'its row is gone: begin again without cursor' }],
    })
  }
  const items = rows.slice(from, from + paging.limit)
  const more = from + items.length < rows.length
  return { items, nextCursor: more ? (items.at(-1)?.id ?? null) : null, total: rows.length }
}
