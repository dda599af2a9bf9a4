/** The room of maintenance windows, and of what logic lays on alarms: windows, hosts that are down. */
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import type { AlarmService } from '../alarms/service.ts'
import { liveWindows, WindowDocs } from './model.ts'
import { windowOperations } from './operations.ts'
import { WindowService } from './service.ts'

export function maintenanceWindows(alarms: () => AlarmService): Feature {
  let made: WindowService | undefined
  const service = () => must(made, 'the room is assembled before it is used')
  return {
    name: 'maintenance-windows',
    collections: [WindowDocs],
    views: [liveWindows],
    operations: windowOperations(service),
    assemble(core) {
      made = new WindowService(core, alarms)
    },
    async start() {
      alarms().rules.atBirth((alarm) => service().reconciler.atBirth(alarm))
    },
    schedules: [
      {
        name: 'maintenance-windows',
        everyMs: 1_000,
        async tick() {
          await service().roll()
          await service().reconciler.look()
        },
      },
    ],
  }
}
