import { beforeEach, expect, test } from 'vitest'
import { memoryCore, type MemoryCore } from '../../../tests/support/memory-core.ts'
import { orderDoc } from '../../../tests/support/orders.ts'
import { must } from '../../core/must.ts'
import { acted, taken } from './decide.ts'
import { Dispatcher } from './dispatch.ts'
import { OrderDocs, type OrderDoc } from './model.ts'
import { StandingOrders } from './standing.ts'

let core: MemoryCore
let handed: string[]
let workers: Map<string, number>
let dispatcher: Dispatcher

beforeEach(() => {
  handed = []
  workers = new Map([['w1', 3]])
  core = memoryCore({
    workers: () => workers,
    jobs: { hand: async (_kind, id) => void handed.push(id), holds: async () => true },
  })
  const kinds = new Map([
    ['disk-check', { slots: 100 }],
    ['rare', { slots: 1 }],
  ])
  dispatcher = new Dispatcher(core, new StandingOrders(core), kinds)
})

const plant = (more: Partial<OrderDoc> = {}): OrderDoc => {
  const doc = orderDoc(more)
  core.views.take(OrderDocs, doc)
  return doc
}
const put = (doc: OrderDoc | null) => {
  const next = must(doc, 'it may')
  core.views.take(OrderDocs, { ...next, v: next.v + 1 })
}
const names = () => handed.map((id) => id.split(':').slice(0, 2).join(':'))

test('only free slots are handed over, the oldest first, and the rest when one is free again', async () => {
  const orders = [1, 2, 3, 4, 5].map(() => plant())
  await dispatcher.tick()
  expect(names()).toEqual(orders.slice(0, 3).map(({ _id }) => _id))
  await dispatcher.tick()
  expect(handed).toHaveLength(3)
  const first = must(orders[0], 'planted')
  put(taken(first, 'w1', 1, 1))
  await dispatcher.tick()
  expect(handed).toHaveLength(3)
  put(acted(must(core.views.get(OrderDocs, first._id), 'known'), 'cancel', 2))
  const stopped: OrderDoc = { ...must(core.views.get(OrderDocs, first._id), 'known'), holder: null }
  put(stopped)
  await dispatcher.tick()
  expect(names().at(-1)).toBe(orders[3]?._id)
})

test('a resumed order keeps its place by creation time', async () => {
  workers.set('w1', 0)
  const [first, second] = [plant(), plant()]
  put(acted(first, 'pause', 1))
  put(acted(must(core.views.get(OrderDocs, first._id), 'known'), 'resume', 2))
  workers.set('w1', 1)
  await dispatcher.tick()
  expect(names()).toEqual([first._id])
  expect(second.createdAt).toBeGreaterThan(first.createdAt)
})

test("a tenant's hundred orders and another's one: the one is among the first", async () => {
  for (let n = 0; n < 100; n++) plant()
  const one = plant({ tenant: 'globex' })
  await dispatcher.tick()
  expect(names()).toContain(one._id)
})

test('one order per thing, and each kind within its own slots; who waits says why', async () => {
  const [a, b] = [plant({ lock: 'acme:pc-1' }), plant({ lock: 'acme:pc-1' })]
  const [c, d] = [plant({ type: 'rare' }), plant({ type: 'rare' })]
  await dispatcher.tick()
  expect(names()).toEqual([a._id, c._id])
  expect(dispatcher.waitOf(b)).toEqual({ why: 'locked', by: a.number })
  expect(dispatcher.waitOf(d)).toMatchObject({ why: 'concurrency' })
  expect(dispatcher.waitOf(a)).toEqual({ why: 'starting' })
})

test('without workers everything waits and says so, and the screens are told', async () => {
  workers.clear()
  const order = plant()
  await dispatcher.tick()
  dispatcher.tellWaits()
  dispatcher.tellWaits()
  expect(handed).toEqual([])
  expect(core.told).toEqual([
    { tenant: 'acme', view: 'work-orders', key: 'waiting', value: { [order._id]: { why: 'no-worker' } } },
  ])
  put(acted(order, 'pause', 1))
  dispatcher.tellWaits()
  expect(core.told.at(-1)?.value).toEqual({})
})

test('an order that a batch holds is not handed over', async () => {
  plant({ hold: { command: 'c', node: 'n' } })
  await dispatcher.tick()
  expect(handed).toEqual([])
})

test('a kind that this build does not know waits for one that does', async () => {
  const order = plant({ type: 'from-the-future' })
  await dispatcher.tick()
  expect(handed).toEqual([])
  expect(dispatcher.waitOf(order)).toMatchObject({ why: 'concurrency' })
})
