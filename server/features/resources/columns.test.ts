import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packMinutes, unpackMinutes } from './buckets.ts'
import { pack, unpack } from './columns.ts'
import { minutesOf, scalesOf, type Point } from './points.ts'

const value = fc.option(fc.integer({ min: -1_000_000, max: 6_000_000 }).map((n) => n / 10))
const points = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.array(value, { minLength: 3, maxLength: 3 })), {
    maxLength: 50,
  })
  .map((steps) => {
    let at = 1_790_000_000_000
    return steps.map(([step, values]): Point => ({ at: (at += step), values }))
  })

test('what was packed comes out the same, missing values missing', () => {
  fc.assert(
    fc.property(points, (all) => {
      expect(unpack(pack(all, [10, 10, 10]), [10, 10, 10])).toEqual(all)
    }),
  )
})

test('a column that was added since is missing in what was packed before', () => {
  const old = pack([{ at: 5, values: [1.5] }], [10])
  expect(unpack(old, [10, 10])).toEqual([{ at: 5, values: [1.5, null] }])
})

test('bytes that are cut off or of another format are refused, never read as measurements', () => {
  const bytes = pack([{ at: 1_790_000_000_000, values: [1] }], [10])
  expect(() => unpack(bytes.subarray(0, bytes.length - 1), [10])).toThrow('cut off')
  expect(() => unpack(Buffer.from([9, 0, 0]), [10])).toThrow('format')
})

test('half an hour of a desktop at one sample a second takes at most 16 bytes a sample', () => {
  const half = Array.from({ length: 1_800 }, (_, n): Point => ({
    at: 1_790_000_000_000 + n * 1_000 + (n % 7),
    values: [40 + (n % 13), 62, 50.1, null, 29.5 + (n % 2), 0.4, 46 + (n % 9), 6.2, 0.1, 12.3 + (n % 5)],
  }))
  expect(pack(half, scalesOf.desktop).length).toBeLessThan(16 * half.length)
})

test('a minute keeps its mean and what the mean would hide', () => {
  const fps = (values: number): Point['values'] => [null, null, null, null, values, null, null, null, null, null]
  const [minute] = minutesOf('desktop', [
    { at: 60_000, values: fps(30) },
    { at: 80_000, values: fps(6) },
    { at: 119_999, values: fps(30) },
  ])
  expect(minute).toMatchObject({ at: 60_000 })
  expect(minute?.values[4]).toBe(22)
  expect(minute?.worst[4]).toBe(6)
  expect(minute?.values[0]).toBeNull()
  expect(unpackMinutes('desktop', packMinutes('desktop', minute ? [minute] : []))).toEqual([minute])
})
