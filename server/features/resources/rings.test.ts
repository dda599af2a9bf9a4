import { expect, test } from 'vitest'
import { Rings } from './rings.ts'

const second = 1_000
const hour = 3_600 * second
const plenty = 1024 * 1024
const put = (rings: Rings, id: string, at: number, value: number | null = null) =>
  rings.put(id, { at, values: [value] }, at)

test('an hour of samples at one a second is kept whole, in order, and no longer', () => {
  const rings = new Rings(1, plenty)
  for (let n = 0; n < 2 * 3_600; n++) put(rings, 'd', n * second, n % 100)
  const kept = rings.within('d', 0)
  expect(kept).toHaveLength(3_600)
  expect(kept[0]).toEqual({ at: hour, values: [0] })
  expect(kept.at(-1)).toEqual({ at: 2 * hour - second, values: [99] })
  expect(rings.within('d', 2 * hour - 10 * second)).toHaveLength(10)
  expect(rings.within('d', hour, hour + 4 * second).map(({ values }) => values[0])).toEqual([0, 1, 2, 3, 4])
})

test('what was not measured stays unknown, and more than one sample a second is not kept', () => {
  const rings = new Rings(2, plenty)
  expect(rings.put('d', { at: 5 * second, values: [0, null] }, 0)).toBe(true)
  expect(rings.put('d', { at: 5 * second + 100, values: [30, 30] }, 0)).toBe(false)
  expect(rings.within('d', 0)).toEqual([{ at: 5 * second, values: [0, null] }])
  expect(rings.within('unknown', 0)).toEqual([])
})

test('samples of a wrong clock stand where they came in, and are said to be of a wrong clock', () => {
  const rings = new Rings(1, plenty)
  rings.put('d', { at: hour, values: [1] }, 0)
  expect(rings.within('d', hour)).toHaveLength(1)
  expect(rings.isSkewed('d')).toBe(true)
  rings.put('d', { at: hour + second, values: [1] }, hour)
  expect(rings.isSkewed('d')).toBe(false)
})

test('memory is bounded over all desktops, and the silent ones are forgotten', () => {
  const rings = new Rings(1, 128 * 12)
  expect(put(rings, 'a', 0)).toBe(true)
  expect(put(rings, 'b', 0)).toBe(true)
  expect(put(rings, 'c', 0)).toBe(false)
  for (let n = 1; n < 1_000; n++) put(rings, 'a', n * second)
  expect(rings.within('a', 0)).toHaveLength(64)
  rings.trim(hour + 1)
  expect(rings.within('b', 0)).toEqual([])
  expect(put(rings, 'c', hour + 1)).toBe(true)
})
