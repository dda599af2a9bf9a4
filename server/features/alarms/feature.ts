/** The alarm room: what it stores, shows, accepts and does by the clock. */
import type { Core } from '../../core/core.ts'
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { TenantDocs } from '../../core/tenants.ts'
import { alarmCommands, listSources, mapSource } from './commands.ts'
import { described } from './described.ts'
import { DueAlarms } from './due.ts'
import { DueMarks } from './due-marks.ts'
import { ENTRIES } from './entries.ts'
import { alarmExport } from './export.ts'
import { historyCollections } from './history.ts'
import { mountIngest } from './ingest.ts'
import { AlarmDocs, ReportDocs } from './model.ts'
import { alarmHistory, alarmStatistics, listAlarms, oneAlarm, reportsOfAlarm } from './queries.ts'
import { AlarmView } from './row.ts'
import { SetAsideDocs } from './set-aside.ts'
import { forgetSelections, select, SELECTIONS } from './selections.ts'
import { AlarmService } from './service.ts'
import { SourceDocs } from './sources.ts'
import { timeline } from './timeline.ts'
import { Trend } from './trend.ts'
import { Watchdogs } from './watchdogs.ts'

const plain = [ENTRIES, SELECTIONS].map((noun) => ({ noun, hot: false }))

interface Parts {
  core: Core
  service: AlarmService
  watchdogs: Watchdogs
  due: DueAlarms
  marks: DueMarks
  trend: Trend
}

export interface AlarmFeature extends Feature {
  /** Known once the house is assembled. */
  service: () => AlarmService
}

export function alarmFeature(): AlarmFeature {
  let parts: Parts | undefined
  let telling: NodeJS.Timeout | undefined
  const ready = () => must(parts, 'the alarm room is assembled before it is used')
  const service = () => ready().service
  return {
    name: 'alarms',
    service,
    collections: [AlarmDocs, ReportDocs, SourceDocs, SetAsideDocs, ...historyCollections, ...plain],
    views: [AlarmView],
    operations: [
      ...alarmCommands(service),
      select,
      timeline,
      listAlarms,
      alarmHistory,
      alarmStatistics,
      oneAlarm,
      reportsOfAlarm,
      listSources,
      mapSource,
    ],
    described: [...described, alarmExport.described],
    assemble(core) {
      const service = new AlarmService(core)
      parts = {
        core,
        service,
        watchdogs: new Watchdogs(core, service),
        due: new DueAlarms(core),
        marks: new DueMarks(core, service.markLimits),
        trend: new Trend(core),
      }
    },
    routes(core, api, app) {
      mountIngest(api, app, { core, service: service(), watchdogs: ready().watchdogs })
      alarmExport.mount(core, api)
    },
    schedules: [
      {
        name: 'alarms-due',
        everyMs: 1_000,
        async tick(core) {
          const now = core.clock.now()
          await service().clearDue(ready().due.endingBefore(now), now)
          await service().liftDue(ready().due.liftedBefore(now), now)
          await service().archive(ready().due.ended())
          await service().mark(ready().marks.before(now), now)
        },
      },
      {
        name: 'alarms-retention',
        everyMs: 3600_000,
        async tick(core) {
          const day = new Date(core.clock.now()).toISOString().slice(0, 10)
          await core.jobs.hand('alarms.retention', day, { day })
          await forgetSelections(core)
        },
      },
      { name: 'alarms-orphans', everyMs: 10_000, tick: () => service().redoOrphans() },
      { name: 'alarms-watchdogs', everyMs: 5_000, tick: (core) => ready().watchdogs.check(core.clock.now()) },
    ],
    async start(core) {
      const tenants = [...core.views.all(TenantDocs)].map(({ tenant }) => tenant)
      ready()
        .trend.load(core, tenants)
        .catch((error: unknown) => core.logger.warn({ err: error }, 'the trend of the day lacks finished episodes'))
      telling = setInterval(() => ready().trend.tell(core), 1_000)
    },
    async redo(incarnation) {
      await service().intake.redo(incarnation)
    },
    async drain() {
      await service().lostClaims.flush()
      await service().intake.drain()
    },
    settled: () => service().intake.cleared(),
    async stop() {
      clearInterval(telling)
    },
  }
}
