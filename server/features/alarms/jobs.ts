/** How history is forgotten, for the worker that does it. */
import type { Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import { ENTRIES, type EntryDoc } from './entries.ts'
import { history } from './history.ts'
import { HistoryDocs, ReportDocs, type HistoryDoc, type ReportDoc } from './model.ts'

const atOnce = 300

/** Episodes first, the index that leads to them last. `also` forgets what is kept beside them. Answers how many episodes. */
export const forgetDay = (
  db: Db,
  tenant: string,
  day: number,
  also: (ids: readonly string[]) => Promise<void>,
): Promise<number> =>
  history.forgetDay(db, tenant, day, async (episodes) => {
    await forgetEntries(db, episodes)
    await also(episodes)
  })

/** What a finished episode carries itself goes with it. */
async function forgetEntries(db: Db, episodes: readonly string[]): Promise<void> {
  const found = await documents<HistoryDoc>(db, HistoryDocs.noun)
    .find({ _id: { $in: [...episodes] } }, { projection: { lastEntries: 1 } })
    .toArray()
  const ids = found.flatMap(({ _id, lastEntries }) =>
    Array.from({ length: (lastEntries?.[0]?.n ?? 1) - 1 }, (_, index) => `${_id}:${index + 1}`),
  )
  for (let at = 0; at < ids.length; at += atOnce)
    await documents<EntryDoc>(db, ENTRIES).deleteMany({ _id: { $in: ids.slice(at, at + atOnce) } })
}

/** One pass over the reports, by their index where the database serves it: a worker's business, never a request's. */
export async function forgetReports(db: Db, before: number): Promise<number> {
  return (await documents<ReportDoc>(db, ReportDocs.noun).deleteMany({ receivedAt: { $lt: before } })).deletedCount
}
