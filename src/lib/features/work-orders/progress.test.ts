import { expect, it } from 'vitest'
import { liveOf, overall, Shown, waitsOf } from './progress.ts'

const row = {
  id: 'acme:WO-1',
  state: 'running' as const,
  step: 'convert',
  stepsDone: 1,
  steps: 4,
  percent: 25,
  attempt: 2,
}
const live = { attempt: 2, step: 'convert', percent: 60, bytesDone: 6, bytesTotal: 10, rate: 1, leftMs: 4, log: 0 }

it('the bar is where the running step is, each step alike', () => {
  expect(overall(row, live)).toBe(40)
  expect(overall(row, null)).toBe(25)
  expect(overall({ ...row, steps: 1, stepsDone: 0, percent: 0 }, live)).toBe(60)
})

it('a worker that is a step further than what is stored does not set the bar back', () => {
  expect(overall(row, { ...live, step: 'check', percent: 8 })).toBe(52)
})

it('100 is shown only of one that succeeded', () => {
  expect(overall({ ...row, stepsDone: 3, step: 'compare' }, { ...live, step: 'compare', percent: 99.9 })).toBe(99)
  expect(overall({ ...row, state: 'succeeded' }, null)).toBe(100)
})

it('within an attempt the screen never goes back, a new attempt begins anew', () => {
  const shown = new Shown()
  expect(shown.percent(row, live)).toBe(40)
  expect(shown.percent(row, null)).toBe(40)
  expect(shown.percent({ ...row, state: 'failed' as const }, null)).toBe(40)
  expect(shown.percent({ ...row, attempt: 3, stepsDone: 0, percent: 0 }, null)).toBe(0)
})

it('what is told of another attempt, or is not understood, is no progress', () => {
  expect(liveOf({ 'p:acme:WO-1': live }, row)).toEqual(live)
  expect(liveOf({ 'p:acme:WO-1': live }, { ...row, attempt: 1 })).toBeNull()
  expect(liveOf({ 'p:acme:WO-1': 'soon' }, row)).toBeNull()
  expect(waitsOf({ waiting: { 'acme:WO-2': { why: 'ahead', n: 3 } } })).toEqual({
    'acme:WO-2': { why: 'ahead', n: 3 },
  })
  expect(waitsOf({})).toEqual({})
})
