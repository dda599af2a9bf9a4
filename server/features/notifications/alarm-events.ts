/**
 * Who has to be told of what happened to an alarm. Read from the entries that the document itself carries, so that what
 * happened while nobody owned the clock is told later, and what was told already is not told again.
 */
import type { Core } from '../../core/core.ts'
import { AlarmDocs, episodeId, type AlarmDoc } from '../alarms/service.ts'
import { notify, type Telling } from './service.ts'

/** What is older was told, or is no news any more. */
const newsMs = 24 * 3600_000
const mostText = 200

export class AlarmEvents {
  readonly #core: Core
  #changed = new Set<string>()

  constructor(core: Core) {
    this.#core = core
    core.views.onChange((collection, doc) => {
      // Nouns name one shape each.
      if (collection.noun === AlarmDocs.noun && tellingsOf(doc as AlarmDoc, core.clock.now()).length > 0)
        this.#changed.add(doc._id)
    })
  }

  async tick(now: number): Promise<void> {
    const ids = [...this.#changed]
    this.#changed = new Set()
    const tellings = ids.flatMap((id) => {
      const alarm = this.#core.views.get(AlarmDocs, id)
      return alarm ? tellingsOf(alarm, now) : []
    })
    try {
      await notify(this.#core, tellings)
    } catch (error) {
      for (const id of ids) this.#changed.add(id)
      throw error
    }
  }
}

type Episode = Pick<
  AlarmDoc,
  '_id' | 'episode' | 'raisedAt' | 'desktop' | 'host' | 'type' | 'summary' | 'severity' | 'owner' | 'lastEntries'
>

/** Also of an episode that ended right after. */
export function tellingsOf(alarm: AlarmDoc, now: number): Telling[] {
  const ended = (alarm.ended ?? []).flatMap((one) => episodeTellings({ ...one, _id: one.alarm }, now))
  return [...ended, ...episodeTellings(alarm, now)]
}

function episodeTellings(alarm: Episode, now: number): Telling[] {
  return (alarm.lastEntries ?? []).flatMap((entry): Telling[] => {
    if (entry.at < now - newsMs) return []
    const told = {
      severity: alarm.severity,
      link: `/alarms?open=${encodeURIComponent(alarm._id)}`,
      at: entry.at,
    }
    const params = { by: entry.by ?? '', place: alarm.desktop ?? alarm.host ?? alarm.type }
    const event = `${episodeId(alarm)}:${entry.n}`
    if (entry.what === 'note' && entry.mentions) {
      const operators = entry.mentions.filter((id) => id !== entry.byId)
      const note = (entry.text ?? '').slice(0, mostText)
      return [{ ...told, kind: 'mention', event: `mention:${event}`, params: { ...params, note }, operators }]
    }
    if (entry.what !== 'hand-over' || alarm.owner?.at !== entry.at || alarm.owner.id === entry.byId) return []
    const summary = alarm.summary || alarm.type
    return [
      {
        ...told,
        kind: 'hand-over',
        event: `hand-over:${event}`,
        params: { ...params, summary },
        operators: [alarm.owner.id],
      },
    ]
  })
}
