/** What is stored of the quality of alarms: floods and settings (hot, one each a tenant), sums by minute and hour. */
import type { Collection, Doc } from '../../core/feature.ts'
import type { Flood, PastFlood } from './flood.ts'
import type { Hour } from './kpis.ts'
import type { Rollup } from './rollup.ts'

/** `_id`: `acme:floods`. */
export interface FloodDoc extends Doc {
  open: Flood | null
  /** The last ones, oldest first. */
  past: PastFlood[]
}

export interface Dismissal {
  id: string
  until: number
}

/** `_id`: `acme:settings`. */
export interface SettingsDoc extends Doc {
  positions: number | null
  dismissed: Dismissal[]
}

/** `_id`: `acme:m:<minute>`. */
export interface MinuteDoc extends Rollup {
  _id: string
  v: number
}

/** `_id`: `acme:h:<hour>`. */
export interface HourDoc extends Hour {
  _id: string
  v: number
}

export const FloodDocs: Collection<FloodDoc> = { noun: 'alarm-floods', hot: true }
export const SettingsDocs: Collection<SettingsDoc> = { noun: 'alarm-quality-settings', hot: true }
export const ROLLUPS = 'alarm-rollups'
export const RollupDocs: Collection = { noun: ROLLUPS, hot: false }

export const floodsId = (tenant: string) => `${tenant}:floods`
export const settingsId = (tenant: string) => `${tenant}:settings`
export const minuteId = (tenant: string, minute: number) => `${tenant}:m:${minute}`
export const hourId = (tenant: string, hour: number) => `${tenant}:h:${hour}`
