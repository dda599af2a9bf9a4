/** What is stored of a window. `_id` is tenant + name, so a name is taken once. */
import type { Collection, Doc, LiveView } from '../../core/feature.ts'
import { MaintenanceWindows, type WindowFilter, type WindowRow } from './contract.ts'

export interface WindowDoc extends Doc, Omit<WindowRow, 'id'> {}

export const WindowDocs: Collection<WindowDoc> = { noun: 'maintenance-windows', hot: true }

export const windowId = (tenant: string, name: string) => `${tenant}:${name.normalize('NFC').toLowerCase()}`

export const liveWindows: LiveView<WindowDoc, WindowRow, WindowFilter> = {
  contract: MaintenanceWindows,
  collection: WindowDocs,
  present: ({ _id: id, name, note, scope, schedule, effect, enabled, upcoming, by, changedAt }, masked) => ({
    id,
    name,
    note,
    scope,
    schedule,
    effect,
    enabled,
    upcoming,
    by: masked ? null : by,
    changedAt,
  }),
}
