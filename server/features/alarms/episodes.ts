/** Episodes as other rooms may know them: told when they begin, found by the id of a live alarm or of a finished one. */
import type { Core } from '../../core/core.ts'
import { documents } from '../../core/mongo.ts'
import { episodeId } from './entries.ts'
import { AlarmDocs, HistoryDocs, type AlarmDoc, type HistoryDoc } from './model.ts'

export interface Episode {
  /** Of this one episode, for ever; also its id in history. */
  id: string
  alarm: string
  tenant: string
  desktop: string | null
  host: string | null
  raisedAt: number
  readings: Record<string, number>
  skewed: boolean
}

/** Also told of what stands already when the views are loaded. */
export function onEpisode(core: Pick<Core, 'views'>, listener: (episode: Episode) => void): void {
  core.views.onChange((collection, doc, before) => {
    if (collection.noun !== AlarmDocs.noun) return
    // Nouns name one shape each.
    const [alarm, earlier] = [doc as AlarmDoc, before as AlarmDoc | null]
    if (earlier === null || earlier.episode < alarm.episode) listener(toEpisode(alarm))
  })
}

export function liveEpisode(core: Pick<Core, 'views'>, tenant: string, alarm: string): Episode | null {
  const doc = core.views.get(AlarmDocs, alarm)
  return doc?.tenant === tenant ? toEpisode(doc) : null
}

/** By the id of an alarm (its current episode) or of an episode. */
export async function findEpisode(
  core: Pick<Core, 'views' | 'db'>,
  tenant: string,
  id: string,
): Promise<Episode | null> {
  const live = liveEpisode(core, tenant, id)
  if (live) return live
  const finished = await documents<HistoryDoc>(core.db, HistoryDocs.noun).findOne({ _id: id })
  if (finished) return finished.tenant === tenant ? { ...toEpisode({ ...finished, _id: finished.alarm }), id } : null
  const current = liveEpisode(core, tenant, id.split(':').slice(0, -2).join(':'))
  return current?.id === id ? current : null
}

type Known = Pick<AlarmDoc, '_id' | 'tenant' | 'episode' | 'desktop' | 'host' | 'raisedAt' | 'readings' | 'skewed'>
const toEpisode = (doc: Known): Episode => ({
  id: episodeId(doc),
  alarm: doc._id,
  tenant: doc.tenant,
  desktop: doc.desktop,
  host: doc.host,
  raisedAt: doc.raisedAt,
  readings: doc.readings,
  skewed: doc.skewed,
})
