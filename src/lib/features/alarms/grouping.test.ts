import { expect, it } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import { isHead } from './group-head.ts'
import { grouped, headId } from './grouping.ts'

const row = (id: string, host: string | null, severity: AlarmRow['severity'], state: AlarmRow['state']) =>
  // Only what grouping looks at.
  ({ id, host, severity, state }) as AlarmRow

const rows = [
  row('a', 'h2', 'critical', 'unacknowledged'),
  row('b', 'h1', 'high', 'acknowledged'),
  row('c', 'h2', 'low', 'rtn-unacknowledged'),
  row('d', null, 'low', 'shelved'),
]

it('groups stand in the order of their worst row, each with its mix, rows keep their order', () => {
  const items = grouped(rows, 'host', new Set())
  expect(
    items.map((item) => (isHead(item) ? `${item.group ?? '–'} ${item.n}/${item.unacknowledged}` : item.id)),
  ).toEqual(['h2 2/2', 'a', 'c', 'h1 1/0', 'b', '– 1/0', 'd'])
  expect(items[0]).toMatchObject({ mix: { critical: 1, high: 0, medium: 0, low: 1 } })
})

it('a collapsed group shows its head alone', () => {
  const items = grouped(rows, 'host', new Set([headId('h2')]))
  expect(items.map(({ id }) => id)).toEqual([headId('h2'), headId('h1'), 'b', headId(null), 'd'])
})
