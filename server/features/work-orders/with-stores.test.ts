import * as z from 'zod/mini'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orderDoc } from '../../../tests/support/orders.ts'
import { until } from '../../../tests/support/until.ts'
import { openNode, openStores, stored, type WritePathNode } from '../../../tests/support/write-path.ts'
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { defineOrder, type EndedOrder } from '../../core/order-kind.ts'
import { archive, forgetDay, historyCollections, readPastOrder, readPastOrders } from './history.ts'
import { readLog, writeChunk } from './logs.ts'
import { LogChunks, OrderDocs, OrderLocks, type OrderDoc } from './model.ts'
import { lock, unlock } from './locks.ts'
import { dayOf, StandingOrders } from './standing.ts'
import { Sweep } from './sweep.ts'

const dayMs = 24 * 3600_000
let stores: Awaited<ReturnType<typeof openStores>>
let node: WritePathNode
let standing: StandingOrders

beforeAll(async () => {
  stores = await openStores()
  const room: Feature = {
    name: 'work-orders',
    collections: [OrderDocs, LogChunks, OrderLocks, ...historyCollections],
    views: [],
    operations: [],
    assemble: (core) => void (standing = new StandingOrders(core)),
  }
  node = await openNode(stores, { features: [room] })
})
afterAll(async () => {
  await node?.stop()
  await stores?.drop()
})

async function plant(more: Partial<OrderDoc>): Promise<OrderDoc> {
  const doc = orderDoc(more)
  await node.core.changes.write([{ collection: OrderDocs, doc, base: 0 }])
  return doc
}
const now = (id: string) => must(node.core.views.get(OrderDocs, id), 'it stands')

test('what ended days ago leaves the live list for history, and is forgotten there with its log', async () => {
  const at = Date.now() - 8 * dayMs
  const old = await plant({
    state: 'succeeded',
    endedAt: at,
    logs: [{ attempt: 1, chunks: 1, bytes: 2, truncated: false }],
  })
  const fresh = await plant({ state: 'succeeded', endedAt: Date.now() })
  const untold = await plant({ state: 'failed', endedAt: at, unsettled: true })
  await writeChunk(node.core.db, old._id, 1, 0, Buffer.from('hi'))
  const due = standing.endedUntil(dayOf(Date.now()) - 7)
  expect(due).toContain(old._id)
  expect(due).not.toContain(fresh._id)
  await archive(node.core, due)
  expect(now(old._id).gone).toBe(true)
  expect(now(untold._id).gone).toBeUndefined()
  const ask = { tenant: 'acme', cursor: null, limit: 10, from: 0, to: Date.now(), matches: () => true }
  expect((await readPastOrders(node.core.db, ask)).items.map(({ _id }) => _id)).toEqual([old._id])
  expect((await readPastOrders(node.core.db, { ...ask, tenant: 'globex' })).items).toEqual([])
  expect((await readLog(node.core.db, old._id, 1, 0)).text).toBe('hi')
  expect(await forgetDay(node.core.db, 'acme', dayOf(at))).toBe(1)
  expect(await readPastOrder(node.core.db, old._id)).toBeNull()
  expect((await readLog(node.core.db, old._id, 1, 0)).text).toBe('')
})

test('a room that cannot be told of an end is told again, and only then the next attempt begins', async () => {
  const told: EndedOrder[] = []
  let failures = 2
  const kind = defineOrder({
    kind: 'trouble',
    steps: ['only'],
    input: z.looseObject({}),
    slots: 1,
    timeoutMs: 1_000,
    async settle(_core, order) {
      if (failures-- > 0) throw new Error('the room is busy')
      told.push(order)
    },
  })
  const sweep = new Sweep(node.core, standing, new Map([[kind.kind, kind]]))
  const gone = { worker: 'a worker that is gone', fence: 1 }
  const { _id } = await plant({ type: 'trouble', state: 'running', holder: gone, fence: 1 })
  await until('it is scheduled again', async () => {
    await sweep.tick()
    return now(_id).state === 'scheduled'
  })
  expect(failures).toBe(-1)
  expect(told).toMatchObject([
    { id: _id, state: 'failed', attempt: 1, willRepeat: true, error: { code: 'interrupted' } },
  ])
  expect(now(_id)).toMatchObject({ attempt: 2, interruptions: 1, holder: null, unsettled: false })
})

test('what a dead node held for a batch is let go, what a living one holds is not', async () => {
  const sweep = new Sweep(node.core, standing, new Map())
  const dead = await plant({ hold: { command: 'c', node: 'a node that is gone' } })
  const living = await plant({ hold: { command: 'c', node: node.core.incarnation } })
  await until('it is let go', async () => {
    await sweep.tick()
    return now(dead._id).hold === null
  })
  expect(now(living._id).hold).not.toBeNull()
})

test('one thing, one order: of many that reach for it at once one gets it, a stale claim holds nobody up', async () => {
  const holders = await Promise.all(
    [1, 2, 3, 4].map((fence) => plant({ state: 'running', holder: { worker: node.core.incarnation, fence }, fence })),
  )
  const claims = holders.map(({ _id, fence }) => ({ order: _id, fence }))
  const won = await Promise.all(claims.map((claim) => lock(node.core, 'acme:pc-9', claim)))
  expect(won.filter(Boolean)).toHaveLength(1)
  const winner = must(claims[won.indexOf(true)], 'one won')
  const other = must(claims[won.indexOf(false)], 'others lost')
  expect(await lock(node.core, 'acme:pc-9', winner)).toBe(true)
  await unlock(node.core, 'acme:pc-9', other)
  expect(await lock(node.core, 'acme:pc-9', other)).toBe(false)
  const standsFor = now(winner.order)
  const ended: OrderDoc = { ...standsFor, state: 'failed', holder: null }
  await node.core.changes.write([{ collection: OrderDocs, doc: ended, base: standsFor.v }])
  expect(await lock(node.core, 'acme:pc-9', other)).toBe(true)
  await unlock(node.core, 'acme:pc-9', other)
  expect(await stored(node, OrderLocks, 'acme:pc-9')).toBeNull()
})
