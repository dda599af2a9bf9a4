/** Readings of work orders: the live list and one order from memory, older ones and logs by exact id. */
import * as z from 'zod/mini'
import { defineQuery } from '../../core/command.ts'
import type { Ctx } from '../../core/feature.ts'
import { listOf, listView, seesMasked } from '../../core/lists.ts'
import { refused } from '../../core/problems.ts'
import { OrderDetail, OrderId, orderMatches, OrderQuery, OrderRow, orderStates } from './contract.ts'
import type { Dispatcher } from './dispatch.ts'
import { readPastOrder, readPastOrders } from './history.ts'
import { readLog } from './logs.ts'
import { OrderDocs, type OrderDoc } from './model.ts'
import { OrderView, presentDetail, presentOrder } from './row.ts'
import type { StandingOrders } from './standing.ts'

const permission = 'work-orders:read'

/** Live or past; null: not here, or another tenant's. */
async function find(ctx: Ctx, id: string): Promise<OrderDoc | null> {
  const live = ctx.core.views.get(OrderDocs, id)
  const doc = live && !live.gone ? live : await readPastOrder(ctx.core.db, id)
  return doc?.tenant === ctx.tenant ? doc : null
}

export function orderQueries(parts: () => { dispatcher: Dispatcher; standing: StandingOrders }) {
  return [
    defineQuery({
      route: 'GET /work-orders',
      summary: 'Work orders of the last days, filtered, ordered, paged',
      permission,
      input: OrderQuery,
      output: listOf(OrderRow),
      run: (ctx, { cursor, limit, sort, ...filter }) => listView(ctx, OrderView, filter, { cursor, limit, sort }),
    }),
    defineQuery({
      route: 'GET /work-orders/history',
      summary: 'Older ended orders, newest first; may answer fewer than asked with a cursor to go on',
      permission,
      input: OrderQuery,
      output: z.object({ items: z.array(OrderRow), nextCursor: z.nullable(z.string()), total: z.nullable(z.number()) }),
      async run(ctx, { cursor, limit, sort: _sort, ...filter }) {
        const masked = seesMasked(ctx.role)
        const { items, next } = await readPastOrders(ctx.core.db, {
          tenant: ctx.tenant,
          cursor: cursor ?? null,
          limit,
          // An order ends after it was made; it may have waited or run for long.
          from: filter.from ?? 0,
          to: ctx.now + 24 * 3600_000,
          matches: (doc) => orderMatches(presentOrder(doc, masked), filter),
        })
        return { items: items.map((doc) => presentOrder(doc, masked)), nextCursor: next, total: null }
      },
    }),
    defineQuery({
      route: 'GET /work-orders/statistics',
      summary:
        'Counts by state and type, the workers, how long the oldest waits, and how long those of the last hour did',
      permission,
      input: z.strictObject({}),
      output: z.object({
        states: z.record(z.string(), z.number()),
        types: z.record(z.string(), z.number()),
        oldestWaitMs: z.nullable(z.number()),
        /** From made to begun, of orders that began in the last hour; null: none did. */
        meanWaitMs: z.nullable(z.number()),
        workers: z.number(),
        slots: z.number(),
      }),
      run(ctx) {
        const states: Record<string, number> = Object.fromEntries(orderStates.map((state) => [state, 0]))
        const types: Record<string, number> = {}
        const waits: number[] = []
        for (const { state, type, attempt, createdAt, startedAt } of ctx.core.views.ofTenant(OrderDocs, ctx.tenant)) {
          states[state] = (states[state] ?? 0) + 1
          types[type] = (types[type] ?? 0) + 1
          if (startedAt !== null && attempt === 1 && startedAt > ctx.now - 3600_000) waits.push(startedAt - createdAt)
        }
        const [first] = parts().standing.waiting(ctx.tenant)
        const workers = [...ctx.core.leases.workers.values()]
        return {
          states,
          types,
          oldestWaitMs: first ? ctx.now - first.createdAt : null,
          meanWaitMs: waits.length ? Math.round(waits.reduce((sum, wait) => sum + wait, 0) / waits.length) : null,
          workers: workers.length,
          slots: workers.reduce((sum, slots) => sum + slots, 0),
        }
      },
    }),
    defineQuery({
      route: 'GET /work-orders/:id',
      summary: 'One order with its steps, attempts, warnings and why it waits',
      permission,
      input: OrderId,
      output: OrderDetail,
      async run(ctx, { id }) {
        const doc = await find(ctx, id)
        if (!doc) return refused('request.not-found')
        return presentDetail(doc, seesMasked(ctx.role), doc.gone ? null : parts().dispatcher.waitOf(doc))
      },
    }),
    defineQuery({
      route: 'GET /work-orders/:id/log',
      summary: "An attempt's log from a byte offset on; the same offset again while nothing came",
      permission,
      input: z.extend(OrderId, {
        attempt: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100_000))),
        offset: z._default(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(10_000_000)), 0),
      }),
      output: z.object({ attempt: z.number(), text: z.string(), offset: z.number(), next: z.number() }),
      async run(ctx, { id, attempt, offset }) {
        const doc = await find(ctx, id)
        if (!doc) return refused('request.not-found')
        const wanted = attempt ?? doc.attempt
        return { attempt: wanted, ...(await readLog(ctx.core.db, doc._id, wanted, offset)) }
      },
    }),
  ]
}
