import { expect, it } from 'vitest'
import type { Row, SubAnswer, WindowPush } from '#wire'
import { WindowView } from './window-view.ts'

const row = (id: string, v: number): Row => [id, v, { id, v }]
const answer = (order: string[], rows: Row[], n = 0): SubAnswer => {
  return { r: 'top', kind: 'window', e: 1, s: 5, k: {}, total: order.length, order, rows, n }
}
const push = (n: number, rows: Row[], order?: string[]): WindowPush => {
  return { r: 'top', n, rows, total: 9, k: {}, ...(order && { order }) }
}

it('S10: a window follows its pushes in order and drops what leaves it', () => {
  const held = new WindowView()
  held.answer(answer(['a', 'b'], [row('a', 1), row('b', 1)], 3))
  expect(held.push(push(4, [row('c', 1)], ['c', 'a'])).changed).toEqual(new Set(['c', 'b']))
  expect(held.order).toEqual(['c', 'a'])
  expect(held.push(push(4, [row('a', 9)])).outcome).toBe('ignored')
  expect(held.push(push(6, [row('a', 9)])).outcome).toBe('gap')
  expect([...held.rows.keys()].sort()).toEqual(['a', 'c'])
})

it('S13: a lost last push is seen by the heartbeat', () => {
  const held = new WindowView()
  held.answer(answer(['a'], [row('a', 1)], 3))
  const heartbeat = { e: 1, k: {}, health: 'live' as const, t: 0, build: '' }
  expect(held.heartbeat({ ...heartbeat, heads: { top: 3 } })).toBe('ok')
  expect(held.heartbeat({ ...heartbeat, heads: { top: 4 } })).toBe('gap')
  expect(held.heartbeat({ ...heartbeat, heads: {} })).toBe('gap')
})

it('S12: a row that left a window does not come back older; it shows once its version is reached', () => {
  const held = new WindowView()
  held.answer(answer(['a', 'b'], [row('a', 4), row('b', 1)]))
  held.push(push(1, [], ['b']))
  held.push(push(2, [row('a', 3)], ['a', 'b']))
  expect(held.order).toEqual(['b'])
  held.push(push(3, [row('a', 4)]))
  expect(held.order).toEqual(['a', 'b'])
})
