/** The room of resources: samples come in, minutes go to disk, what was around a report is kept with its alarm. */
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { bucketsOf, SampleDays } from './buckets.ts'
import { FrozenDocs, FrozenDue } from './frozen.ts'
import { askEveryMs } from './host-metrics.ts'
import { resourceQueries } from './queries.ts'
import { ResourceService } from './service.ts'

export interface ResourceFeature extends Feature {
  /** Known once the house is assembled. */
  service: () => ResourceService
}

export function resourceFeature(): ResourceFeature {
  let made: ResourceService | undefined
  const service = () => must(made, 'the room of resources is assembled before it is used')
  return {
    name: 'resources',
    service,
    collections: [bucketsOf.desktop, bucketsOf.host, SampleDays, FrozenDocs, FrozenDue],
    views: [],
    operations: resourceQueries(() => service().readings),
    assemble(core) {
      made = new ResourceService(core)
    },
    schedules: [
      { name: 'resources-due', everyMs: 2_000, tick: () => service().freezer.noteDue() },
      { name: 'resources-complete', everyMs: 15_000, tick: () => service().completer.tick() },
      { name: 'resources-host-metrics', everyMs: askEveryMs, tick: () => service().hostMetrics.tick() },
      {
        name: 'resources-retention',
        everyMs: 3600_000,
        async tick(core) {
          const day = new Date(core.clock.now()).toISOString().slice(0, 10)
          await core.jobs.hand('resources.retention', day, { day })
        },
      },
    ],
    redo: async (incarnation) => service().hostCpus.forget(incarnation),
    start: async () => service().start(),
    drain: () => service().stop(),
  }
}
