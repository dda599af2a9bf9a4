/** The room of who is on call and of escalation. */
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import type { AlarmService } from '../alarms/service.ts'
import { commands } from './commands.ts'
import { Escalator } from './escalator.ts'
import { EscalationDocs, PolicyDocs, ScheduleDocs } from './model.ts'
import { EscalationView, PolicyView, ScheduleView } from './present.ts'
import { queries } from './queries.ts'
import { Roster } from './roster.ts'

export function onCallFeature(alarms: () => AlarmService): Feature {
  let parts: { roster: Roster; escalator: Escalator } | undefined
  const ready = () => must(parts, 'the room is assembled before it is used')
  return {
    name: 'on-call',
    collections: [ScheduleDocs, PolicyDocs, EscalationDocs],
    views: [ScheduleView, PolicyView, EscalationView],
    operations: [...commands, ...queries],
    assemble(core) {
      parts = { roster: new Roster(core), escalator: new Escalator(core, alarms) }
    },
    schedules: [
      { name: 'on-call-roster', everyMs: 1_000, tick: (core) => ready().roster.tick(core.clock.now()) },
      { name: 'escalation', everyMs: 1_000, tick: (core) => ready().escalator.tick(core.clock.now()) },
    ],
  }
}
