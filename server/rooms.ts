/** THE list of rooms, one line each; the only registration. */
import type { Feature } from './core/feature.ts'
import { alarmFeature } from './features/alarms/feature.ts'
import { alarmQualityFeature } from './features/alarm-quality/feature.ts'
import { auditFeature } from './features/audit/feature.ts'
import { displayFeature } from './features/displays/feature.ts'
import { inventoryFeature } from './features/inventory/feature.ts'
import { maintenanceWindows } from './features/maintenance-windows/feature.ts'
import { notificationFeature } from './features/notifications/feature.ts'
import { onCallFeature } from './features/on-call/feature.ts'
import { resourceFeature } from './features/resources/feature.ts'
import { runbooks } from './features/runbooks/feature.ts'
import { savedViews } from './features/saved-views/feature.ts'
import { snapshotFeature } from './features/snapshots/feature.ts'
import { tenants } from './features/tenants/feature.ts'
import { workOrderFeature } from './features/work-orders/feature.ts'

export function rooms() {
  const alarms = alarmFeature()
  const resources = resourceFeature()
  const snapshots = snapshotFeature()
  const all: Feature[] = [
    tenants,
    auditFeature(),
    displayFeature(),
    inventoryFeature(snapshots.countOf),
    alarms,
    alarmQualityFeature(),
    maintenanceWindows(alarms.service),
    notificationFeature(),
    onCallFeature(alarms.service),
    resources,
    runbooks(alarms.service),
    savedViews,
    snapshots,
    workOrderFeature(() => all.flatMap(({ orders = [] }) => orders)),
  ]
  return { all, alarms, resources }
}
