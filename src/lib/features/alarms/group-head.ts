import type { AlarmRow, Severity } from '#contract/alarms'

/** Stands above the alarms of one host, pool or type. */
export interface GroupHead {
  id: string
  /** null: they have none. */
  group: string | null
  n: number
  unacknowledged: number
  mix: Record<Severity, number>
  collapsed: boolean
}
export type Item = AlarmRow | GroupHead

export const isHead = (item: Item): item is GroupHead => 'mix' in item
