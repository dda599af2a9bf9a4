import { expect, test } from 'vitest'
import { SampleRings } from './sample-rings.ts'

const second = 1_000
const hour = 3_600 * second

test('an hour of samples at one a second is kept whole, in order, and no longer', () => {
  const rings = new SampleRings()
  for (let n = 0; n < 2 * 3_600; n++) rings.put('d', { at: 0, cpu: n % 100 }, n * second)
  const kept = rings.since('d', 0)
  expect(kept).toHaveLength(3_600)
  expect(kept[0]).toEqual({ at: hour, cpu: 0 })
  expect(kept.at(-1)).toEqual({ at: 2 * hour - second, cpu: 99 })
  expect(rings.since('d', 2 * hour - 10 * second)).toHaveLength(10)
})

test('what was not measured stays unknown, and more than one sample a second is not kept', () => {
  const rings = new SampleRings()
  expect(rings.put('d', { at: 0, fps: 0, loss: 0.5 }, 5 * second)).toBe(true)
  expect(rings.put('d', { at: 0, fps: 30 }, 5 * second + 100)).toBe(false)
  expect(rings.since('d', 0)).toEqual([{ at: 5 * second, fps: 0, loss: 0.5 }])
  expect(rings.since('unknown', 0)).toEqual([])
})

test('memory is bounded over all desktops, and the silent ones are forgotten', () => {
  const rings = new SampleRings(128)
  expect(rings.put('a', { at: 0 }, 0)).toBe(true)
  expect(rings.put('b', { at: 0 }, 0)).toBe(true)
  expect(rings.put('c', { at: 0 }, 0)).toBe(false)
  for (let n = 1; n < 1_000; n++) rings.put('a', { at: 0 }, n * second)
  expect(rings.since('a', 0)).toHaveLength(64)
  rings.trim(hour + 1)
  expect(rings.since('b', 0)).toEqual([])
  expect(rings.put('c', { at: 0 }, hour + 1)).toBe(true)
})
