/** The room of the alarms' quality: floods, roll-ups, figures, proposals. */
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { FloodDocs, RollupDocs, SettingsDocs } from './model.ts'
import { qualityOperations } from './operations.ts'
import { QualityService } from './service.ts'

export function alarmQualityFeature(): Feature {
  let made: QualityService | undefined
  let ticking: NodeJS.Timeout | undefined
  const service = () => must(made, 'the room is assembled before it is used')
  return {
    name: 'alarm-quality',
    collections: [FloodDocs, SettingsDocs, RollupDocs],
    views: [],
    operations: qualityOperations(service),
    assemble(core) {
      made = new QualityService(core)
    },
    async start() {
      await service().start()
      ticking = setInterval(() => {
        service().rollUps.tick()
        service().floods.trim()
      }, 1_000)
    },
    schedules: [
      { name: 'alarm-floods', everyMs: 1_000, tick: () => service().floods.decide() },
      { name: 'alarm-roll-ups', everyMs: 10_000, tick: () => service().rollUps.store() },
      { name: 'alarm-roll-ups-retention', everyMs: 3600_000, tick: () => service().rollUps.forget() },
    ],
    /** What was counted since the last tick of the clock; storing it twice is storing it once. */
    drain: () => service().rollUps.store(),
    async stop() {
      clearInterval(ticking)
    },
  }
}
