import { expect, test } from 'vitest'
import { Progress } from './progress.ts'

function timed() {
  let now = 0
  const progress = new Progress(() => now)
  return { progress, at: (ms: number) => (now = ms) }
}

test('progress never goes back, and is a hundred only when the step has ended', () => {
  const { progress, at } = timed()
  const seen: number[] = []
  for (const [ms, done] of [
    [0, 10],
    [100, 60],
    [200, 40],
    [300, -1],
    [400, 1_000],
  ] as const) {
    at(ms)
    progress.take(done, 100)
    seen.push(progress.read().percent)
  }
  expect(seen).toEqual([10, 60, 60, 60, 99.9])
  expect(progress.read()).toMatchObject({ bytesDone: 100, bytesTotal: 100 })
})

test('what stands still is not progress: the same figure again does not count as a sign of life', () => {
  const { progress, at } = timed()
  at(1_000)
  progress.take(5, 10)
  at(9_000)
  progress.take(5, 10)
  progress.take(3, 10)
  expect(progress.movedAt).toBe(1_000)
})

test('rate and estimate are of the last seconds', () => {
  const { progress, at } = timed()
  const MiB = 1024 * 1024
  for (let second = 0; second <= 10; second++) {
    at(second * 1_000)
    // Slow first, then ten times as fast.
    progress.take((second < 4 ? second + 1 : 4 + (second - 3) * 10) * MiB, 200 * MiB)
  }
  const { rate, leftMs } = progress.read()
  expect((rate ?? 0) / MiB).toBeCloseTo(10, 0)
  expect(leftMs).toBeCloseTo(12_600, -3)
})

test('parts without bytes tell percent alone', () => {
  const { progress } = timed()
  progress.take(1, 4, 'parts')
  expect(progress.read()).toMatchObject({ percent: 25, bytesDone: null, bytesTotal: null, rate: null })
})
