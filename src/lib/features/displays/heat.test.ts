import { expect, test } from 'vitest'
import { columnsFor, heatOf, mostCells } from './heat.ts'

const now = 1_000_000

test('a host is busy as the node that heard it last says, and unknown when nobody heard it lately', () => {
  const values = {
    'cpu:old': { at: now - 20_000, of: { 'h-1': 10, 'h-2': 20 } },
    'cpu:new': { at: now - 1_000, of: { 'h-1': 93 } },
    'cpu:dead': { at: now - 100_000, of: { 'h-3': 99 } },
    'cpu:gone': null,
    'sample:acme:h-1': { cpu: 1 },
  }
  const heat = heatOf(['h-1', 'h-2', 'h-3'], 3, values, now)
  expect(heat.cells.map(({ cpu }) => cpu)).toEqual([93, 20, null])
  expect(heat).toMatchObject({ total: 3, hot: 1, measured: 2, hottest: { name: 'h-1', cpu: 93 } })
})

test('a host carries its worst alarm, also one that the inventory does not know', () => {
  const values = {
    alarms: [
      ['gz1-h-017', 'critical', 1],
      ['prometheus', 'high', 4],
    ],
  }
  const heat = heatOf(['gz1-h-016', 'gz1-h-017'], 2, values, now)
  expect(heat.cells).toMatchObject([
    { name: 'gz1-h-016', short: '016', worst: null },
    { name: 'gz1-h-017', short: '017', worst: 'critical', alarms: 1 },
    { name: 'prometheus', short: 'eus', worst: 'high', alarms: 4 },
  ])
  expect(heat.total).toBe(3)
  expect(heat.noisiest.map(([name]) => name)).toEqual(['prometheus', 'gz1-h-017'])
})

test('of more hosts than fit those in trouble are shown, then the busiest', () => {
  const names = Array.from({ length: 200 }, (_, n) => `h-${String(n).padStart(3, '0')}`)
  const of = Object.fromEntries(names.map((name, n) => [name, n % 100]))
  const heat = heatOf(names, 500, { 'cpu:a': { at: now, of }, alarms: [['h-000', 'low', 1]] }, now)
  expect(heat.cells).toHaveLength(mostCells)
  expect(heat.cells[0]).toMatchObject({ name: 'h-000', worst: 'low' })
  expect(Math.min(...heat.cells.slice(1).map(({ cpu }) => cpu ?? 0))).toBeGreaterThan(70)
  expect(heat.total).toBe(500)
})

test('nothing known is nothing shown', () => {
  expect(heatOf([], 0, {}, now)).toEqual({
    cells: [],
    total: 0,
    hot: 0,
    measured: 0,
    hottest: null,
    noisiest: [],
  })
  expect([1, 16, 17, 56].map(columnsFor)).toEqual([2, 2, 3, 7])
})
