/** How history is forgotten, for the worker that does it. */
import type { Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import { TenantDocs, type TenantDoc } from '../../core/tenants.ts'
import { ENTRIES, type EntryDoc } from './entries.ts'
import { dayId, HISTORY_INDEX, minuteId, type IndexDoc } from './history.ts'
import { HistoryDocs, ReportDocs, type HistoryDoc, type ReportDoc } from './model.ts'

const atOnce = 300

/** Few documents, read once a day. */
export async function historyTenants(db: Db): Promise<string[]> {
  const tenants = await documents<TenantDoc>(db, TenantDocs.noun).find({}).toArray()
  return tenants.map(({ tenant }) => tenant)
}

/** Episodes first, the index that leads to them last. `also` forgets what is kept beside them. Answers how many episodes. */
export async function forgetDay(
  db: Db,
  tenant: string,
  day: number,
  also: (ids: readonly string[]) => Promise<void>,
): Promise<number> {
  const index = documents<IndexDoc>(db, HISTORY_INDEX)
  const minutes = await index.findOne({ _id: dayId(tenant, day) })
  if (!minutes) return 0
  let forgotten = 0
  for (const minute of minutes.items.map(Number)) {
    const episodes = await index.findOne({ _id: minuteId(tenant, minute) })
    const ids = (episodes?.items ?? []).map(String)
    for (let at = 0; at < ids.length; at += atOnce) {
      const part = ids.slice(at, at + atOnce)
      await forgetEntries(db, part)
      await also(part)
      forgotten += (await documents<HistoryDoc>(db, HistoryDocs.noun).deleteMany({ _id: { $in: part } })).deletedCount
    }
    await index.deleteOne({ _id: minuteId(tenant, minute) })
  }
  await index.deleteOne({ _id: dayId(tenant, day) })
  return forgotten
}

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
