/** Lists and single things, from the hot views alone: filter, order, page. */
import * as z from 'zod/mini'
import { defineQuery } from '../../core/command.ts'
import type { Ctx, Doc, LiveView, Operation, Refusal } from '../../core/feature.ts'
import { refused } from '../../core/problems.ts'
import type { Paging } from '#wire'
import { isMasked } from './present.ts'

const ById = z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(200)) })

export function readings<D extends Doc, Row extends { id: string }, F>(
  live: LiveView<D, Row, F>,
  row: z.ZodMiniType<Row>,
  query: z.ZodMiniType<F & Paging>,
): Operation[] {
  const noun = live.contract.name
  const permission = live.contract.permission
  const versioned = z.object({ item: row, v: z.number() })
  return [
    defineQuery({
      route: `GET /${noun}`,
      summary: `${noun} of the tenant`,
      input: query,
      output: z.object({ items: z.array(row), nextCursor: z.nullable(z.string()), total: z.number() }),
      permission,
      run: (ctx, ask) => page(ctx, live, ask),
    }),
    defineQuery({
      route: `GET /${noun}/:id`,
      summary: `One of the ${noun}, with its version`,
      input: ById,
      output: versioned,
      permission,
      run(ctx, { id }) {
        const doc = ctx.core.views.get(live.collection, id)
        const item = doc && !doc.gone && doc.tenant === ctx.tenant ? live.present(doc, isMasked(ctx)) : null
        return doc && item ? { item, v: doc.v } : refused('request.not-found')
      },
    }),
  ]
}

export interface Page<Row> {
  items: Row[]
  nextCursor: string | null
  total: number
}

/** The cursor names the last row shown and its rank: rows that came or went before it shift nothing. */
export function page<D extends Doc, Row extends { id: string }, F>(
  ctx: Ctx,
  live: LiveView<D, Row, F>,
  ask: F & Paging,
): Page<Row> | Refusal {
  const { contract } = live
  const compare = contract.orders[ask.sort ?? contract.defaultOrder]
  if (!compare || !Object.hasOwn(contract.orders, ask.sort ?? contract.defaultOrder)) {
    return refused('request.invalid', {
      errors: [{ path: 'sort', message: `one of ${Object.keys(contract.orders).join(', ')}` }],
    })
  }
  const masked = isMasked(ctx)
  const rows: Row[] = []
  for (const doc of ctx.core.views.ofTenant(live.collection, ctx.tenant)) {
    const row = live.present(doc, masked)
    if (row && contract.matches(row, ask)) rows.push(row)
  }
  rows.sort(compare)
  const from = ask.cursor === undefined ? 0 : startOf(rows, ask.cursor)
  if (from === null)
    return refused('request.invalid', { errors: [{ path: 'cursor', message: 'not a cursor of this list' }] })
  const items = rows.slice(from, from + ask.limit)
  const last = items.at(-1)
  const more = from + items.length < rows.length
  return { items, nextCursor: more && last ? `${from + items.length}.${last.id}` : null, total: rows.length }
}

function startOf(rows: readonly { id: string }[], cursor: string): number | null {
  const [, rank, id] = /^(\d{1,9})\.(.+)$/s.exec(cursor) ?? []
  if (!rank || !id) return null
  const at = rows.findIndex((row) => row.id === id)
  return at < 0 ? Math.min(Number(rank), rows.length) : at + 1
}
