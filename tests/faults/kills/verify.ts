/** The whole final state against what was accepted: nothing lost, nothing twice, every screen as the database. */
import { isDeepStrictEqual } from 'node:util'
import { MongoClient, type Db } from 'mongodb'
import type { AlarmRow } from '../../../server/features/alarms/contract.ts'
import {
  AlarmDocs,
  HistoryDocs,
  ownId,
  ReportDocs,
  type AlarmDoc,
  type HistoryDoc,
  type ReportDoc,
} from '../../../server/features/alarms/model.ts'
import { presentAlarm } from '../../../server/features/alarms/row.ts'
import type { ClientView } from '../../../src/lib/sync/client-view.ts'
import { until } from '../../support/until.ts'

export interface Findings {
  accepted: number
  lost: string[]
  /** Reports that nobody was told are accepted; a batch that was repeated until accepted leaves none. */
  surplus: number
  wrongCounts: string[]
  lostActs: string[]
  wrongRows: string[]
}

export interface Claims {
  sender: string
  acceptedIds: Iterable<string>
  /** Reports that stood before. */
  preloaded: number
  /** Alarms whose acknowledgement was answered ok. */
  acknowledged: readonly string[]
  views: ClientView<AlarmRow>[]
}

export async function withDatabase<T>(url: string, use: (db: Db) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(url)
  try {
    return await use(client.db())
  } finally {
    await client.close()
  }
}

/** Everything accepted is folded, in history and told; the nodes must run. */
export async function settled(db: Db, seconds = 180): Promise<void> {
  await until(
    'the intake is empty',
    async () => (await db.collection('intake').estimatedDocumentCount()) === 0,
    seconds,
  )
  const open = { ended: { $exists: true } }
  await until(
    'ended episodes are in history',
    async () => (await db.collection(AlarmDocs.noun).findOne(open)) === null,
    60,
  )
}

export async function verify(db: Db, claims: Claims): Promise<Findings> {
  const alarms = await all<AlarmDoc>(db, AlarmDocs.noun)
  const history = await all<HistoryDoc>(db, HistoryDocs.noun)
  const reports = new Map((await all<ReportDoc>(db, ReportDocs.noun)).map((report) => [report._id, report]))
  const accepted = [...claims.acceptedIds].map((id) => ownId('acme', claims.sender, `id ${id}`))
  return {
    accepted: accepted.length,
    lost: accepted.filter((id) => !reports.has(id)),
    surplus: reports.size - claims.preloaded - accepted.length,
    wrongCounts: wrongCounts(alarms, history, [...reports.values()]),
    lostActs: lostActs(alarms, claims.acknowledged),
    wrongRows: await wrongRows(alarms, claims.views),
  }
}

async function all<D extends { _id: string }>(db: Db, noun: string): Promise<D[]> {
  // The collection holds documents of that shape only.
  return (await db.collection<D>(noun).find({}, { batchSize: 5_000 }).toArray()) as D[]
}

/** What an alarm counts, live and finished, is the number of distinct firing reports it had. */
function wrongCounts(alarms: AlarmDoc[], history: HistoryDoc[], reports: ReportDoc[]): string[] {
  const counted = new Map<string, number>()
  const add = (id: string, count: number) => counted.set(id, (counted.get(id) ?? 0) + count)
  for (const { _id, gone, count } of alarms) if (!gone) add(_id, count)
  for (const { alarm, count } of history) add(alarm, count)
  for (const { alarm, status } of reports) if (status === 'firing') add(alarm, -1)
  return [...counted].flatMap(([id, difference]) => (difference === 0 ? [] : [`${id}: ${difference}`]))
}

function lostActs(alarms: AlarmDoc[], acknowledged: readonly string[]): string[] {
  const standing = new Map(alarms.map((alarm) => [alarm._id, alarm]))
  return acknowledged.filter((id) => standing.get(id)?.state !== 'acknowledged')
}

async function wrongRows(alarms: AlarmDoc[], views: ClientView<AlarmRow>[]): Promise<string[]> {
  const wanted = new Map(alarms.filter(({ gone }) => !gone).map((alarm) => [alarm._id, presentAlarm(alarm, false)]))
  const wrong: string[] = []
  for (const [index, view] of views.entries()) {
    const differing = () => [
      ...[...wanted].filter(([id, row]) => !isDeepStrictEqual(view.rows.get(id), row)).map(([id]) => id),
      ...[...view.rows.keys()].filter((id) => !wanted.has(id)),
    ]
    try {
      await until(`view ${index} is whole and as the database`, () => view.whole && differing().length === 0, 60)
    } catch {
      wrong.push(
        ...differing().map((id) => `view ${index}: ${id}`),
        ...(view.whole ? [] : [`view ${index}: not whole`]),
      )
    }
  }
  return wrong
}
