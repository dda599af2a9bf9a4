import * as z from 'zod/mini'
import { AlarmRow, type AlarmFilter } from '#contract/alarms'
import { PagedList } from '../../lists/paged-list.svelte.ts'
import { filterParams } from './list-query.ts'

export const Finished = z.extend(AlarmRow, { alarm: z.optional(z.string()), endedAt: z.optional(z.number()) })
export type Finished = z.infer<typeof Finished>

/** Finished episodes. */
export class History extends PagedList<Finished> {
  constructor() {
    super('/api/v1/alarms/history', Finished)
  }

  ask(filter: AlarmFilter) {
    this.find(filterParams(filter))
  }
}
