import { expect, test } from 'vitest'
import { memoryCore } from '../../../tests/support/memory-core.ts'
import { orderDoc } from '../../../tests/support/orders.ts'
import { OrderDocs, type OrderDoc } from './model.ts'
import { changeOrder, orderOn } from './service.ts'

const withOrder = (more: Partial<OrderDoc>) => {
  const core = memoryCore()
  const doc = orderDoc(more)
  core.views.take(OrderDocs, doc)
  return { core, doc }
}

test('whoever waits for or works on a thing stands in the way of others, who ended does not', () => {
  for (const state of ['scheduled', 'paused'] as const) {
    const { core, doc } = withOrder({ state, lock: 'acme:disk:pc-1' })
    expect(orderOn(core, 'acme', 'disk:pc-1')?._id).toBe(doc._id)
    expect(orderOn(core, 'acme', 'disk:pc-2')).toBeNull()
    expect(orderOn(core, 'globex', 'disk:pc-1')).toBeNull()
  }
  const cancelled = { state: 'cancelled', lock: 'acme:disk:pc-1' } as const
  expect(orderOn(withOrder({ ...cancelled, holder: null }).core, 'acme', 'disk:pc-1')).toBeNull()
  // Its process has not ended yet.
  expect(
    orderOn(withOrder({ ...cancelled, holder: { worker: 'w', fence: 1 } }).core, 'acme', 'disk:pc-1'),
  ).not.toBeNull()
})

test('a change that loses its race is decided again on what stands', async () => {
  const { core, doc } = withOrder({})
  const elsewhere: OrderDoc = { ...doc, v: doc.v + 1, warnings: ['from elsewhere'] }
  core.views.take(OrderDocs, elsewhere)
  const result = await changeOrder(core, doc, (now) => ({ ...now, warnings: [...now.warnings, 'mine'] }))
  expect(result).toMatchObject({ ok: true, doc: { warnings: ['from elsewhere', 'mine'] } })
  expect((await changeOrder(core, doc, () => null)).ok).toBe(false)
})
