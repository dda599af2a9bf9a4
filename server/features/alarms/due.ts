/** Which alarms the clock has business with: by second, so that a look costs what is due and not what is there. */
import type { Core } from '../../core/core.ts'
import { Due } from '../../core/due.ts'
import { nextEnd } from './holds.ts'
import { AlarmDocs, type AlarmDoc } from './model.ts'

export class DueAlarms {
  #ends = new Due()
  #holds = new Due()
  #ended = new Set<string>()

  constructor(core: Pick<Core, 'views'>) {
    core.views.onChange((collection, doc) => {
      // Nouns name one shape each.
      if (collection.noun === AlarmDocs.noun) this.#note(doc as AlarmDoc)
    })
  }

  /** Alarms whose end has passed. They stay noted until their document says otherwise. */
  endingBefore(now: number): string[] {
    return this.#ends.before(now)
  }

  /** Alarms whose shelf or service has run out. */
  liftedBefore(now: number): string[] {
    return this.#holds.before(now)
  }

  /** With an episode that is not known to be in history. */
  ended(): string[] {
    return [...this.#ended]
  }

  #note(alarm: AlarmDoc): void {
    const { _id: id } = alarm
    if (alarm.ended?.length) this.#ended.add(id)
    else this.#ended.delete(id)
    this.#ends.set(id, alarm.gone || alarm.clearedAt !== null ? null : alarm.endsAt)
    this.#holds.set(id, alarm.gone ? null : nextEnd(alarm))
  }
}
