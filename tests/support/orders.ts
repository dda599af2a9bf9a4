/** Work orders in any state, as documents and as a console sees them. */
import type { OrderDetail, OrderRow } from '#contract/work-orders'
import { must } from '../../server/core/must.ts'
import { freshSteps, OrderDocs, type OrderDoc } from '../../server/features/work-orders/model.ts'
import type { Answer, Client } from './client.ts'
import type { Deskwatch } from './deskwatch.ts'
import { until } from './until.ts'

let made = 0

export function orderDoc(more: Partial<OrderDoc> = {}): OrderDoc {
  const number = `WO-20261123080102-disk-check-${String(made++).padStart(6, 'a')}`
  const tenant = more.tenant ?? 'acme'
  return {
    _id: `${tenant}:${number}`,
    v: 1,
    tenant,
    type: 'disk-check',
    number,
    state: 'scheduled',
    subject: null,
    links: [],
    input: { name: 'a test', dataMiB: 1 },
    lock: null,
    createdBy: 'Ann',
    createdById: `${tenant}:operator:ann`,
    createdAt: 1_795_000_000_000 + made,
    attempt: 1,
    interruptions: 0,
    steps: freshSteps(['make', 'convert', 'check', 'compare']),
    attempts: [],
    warnings: [],
    error: null,
    startedAt: null,
    endedAt: null,
    holder: null,
    fence: 0,
    hold: null,
    unsettled: false,
    logs: [],
    ...more,
  }
}

/** Writes orders as another node would, and waits until the first node shows them. */
export async function plantOrders(deskwatch: Deskwatch, orders: readonly Partial<OrderDoc>[]): Promise<string[]> {
  const [lease] = await deskwatch.house.core.db.collection('leases').find({}).toArray()
  const docs = orders.map((more) => {
    // A running one is held by somebody who lives, or it would be found lost.
    const holder =
      more.state === 'running' ? { worker: String(must(lease, 'a node runs')['incarnation']), fence: 1 } : null
    const ended = ['succeeded', 'failed', 'cancelled'].includes(more.state ?? '')
    return orderDoc({ holder, fence: holder ? 1 : 0, endedAt: ended ? Date.now() : null, ...more })
  })
  await deskwatch.house.core.changes.write(docs.map((doc) => ({ collection: OrderDocs, doc, base: 0 })))
  const last = must(docs.at(-1), 'at least one')
  const reader = await deskwatch.signIn(`admin@${last.tenant}`)
  await until(
    'the planted orders stand in the list',
    async () => (await reader.get(orderPath(last._id))).status === 200,
  )
  return docs.map(({ _id }) => _id)
}

export const orderPath = (id: string, rest = '') => `/work-orders/${encodeURIComponent(id)}${rest}`

export const act = (client: Client, id: string, verb: string, headers?: Record<string, string>): Promise<Answer> =>
  client.post(orderPath(id, `/actions/${verb}`), {}, headers)

export const readOrder = async (client: Client, id: string) => (await client.get(orderPath(id))).as<OrderDetail>()

export const orderDisk = async (client: Client, input: object = {}): Promise<OrderRow> =>
  (await client.post('/work-orders/disk-checks', { name: 'a test', dataMiB: 1, ...input })).as<OrderRow>()
