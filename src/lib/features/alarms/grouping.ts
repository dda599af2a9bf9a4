import { isUnacknowledged, type AlarmRow } from '#contract/alarms'
import type { Ranks } from '../../sync/list-model.ts'
import type { GroupHead, Item } from './group-head.ts'
import type { Grouping } from './list-query.ts'

export const headId = (group: string | null) => `group:${group ?? ''}`

/** Groups in the order of their first rows, so the worst stands first; rows keep their order within. */
export function grouped(rows: Ranks<AlarmRow>, by: Grouping, collapsed: ReadonlySet<string>): Item[] {
  const groups = new Map<string | null, { head: GroupHead; rows: AlarmRow[] }>()
  for (let rank = 0; rank < rows.length; rank++) {
    const row = rows.at(rank)
    if (!row) continue
    const group = row[by]
    let one = groups.get(group)
    if (!one) groups.set(group, (one = { head: headOf(group, collapsed), rows: [] }))
    one.head.n++
    one.head.mix[row.severity]++
    if (isUnacknowledged(row.state)) one.head.unacknowledged++
    one.rows.push(row)
  }
  return [...groups.values()].flatMap(({ head, rows }): Item[] => (head.collapsed ? [head] : [head, ...rows]))
}

function headOf(group: string | null, collapsed: ReadonlySet<string>): GroupHead {
  const id = headId(group)
  const mix = { critical: 0, high: 0, medium: 0, low: 0 }
  return { id, group, n: 0, unacknowledged: 0, mix, collapsed: collapsed.has(id) }
}
