/** Whose marks time alone will change: chatterers that calm down, alarms that become stale. */
import type { Core } from '../../core/core.ts'
import { Due } from '../../core/due.ts'
import { marksChangeAt, type MarkLimits } from './annunciation.ts'
import { AlarmDocs, type AlarmDoc } from './model.ts'

export class DueMarks {
  readonly #times = new Due()

  constructor(core: Pick<Core, 'views'>, limits: MarkLimits) {
    core.views.onChange((collection, doc) => {
      // Nouns name one shape each.
      if (collection.noun === AlarmDocs.noun) this.#times.set(doc._id, marksChangeAt(doc as AlarmDoc, limits))
    })
  }

  before(now: number): string[] {
    return this.#times.before(now)
  }
}
