/** Reports that could not be folded: kept with their error, listed, and put back into the journal once that is mended. */
import type { Db } from 'mongodb'
import type { Core } from '../../core/core.ts'
import type { Collection, Doc } from '../../core/feature.ts'
import type { IntakeRecord } from '../../core/intake.ts'
import { documents, isDuplicate } from '../../core/mongo.ts'
import { untilKnown } from '../../core/until-known.ts'
import { fingerprint, type Report } from './model.ts'

export const SetAsideDocs: Collection = { noun: 'alarm-set-aside', hot: false }

/** One alarm's reports of one batch. */
interface SetAsideDoc extends Doc {
  alarm: string
  batch: string
  n: number
  at: number
  error: string
  reports: Report[]
}

const longestError = 2_000

export async function keepAside(core: Core, batches: IntakeRecord<Report>[], error: unknown): Promise<void> {
  const docs = batches.flatMap((batch) => docOf(batch, error, core.clock.now()) ?? [])
  for (const { _id, ...doc } of docs)
    await untilKnown(core.logger, 'setting reports aside', () =>
      documents<SetAsideDoc>(core.db, SetAsideDocs.noun).replaceOne({ _id }, doc, { upsert: true }),
    )
  const reports = docs.reduce((sum, doc) => sum + doc.reports.length, 0)
  core.metrics.reportsSetAside.inc(reports)
  core.logger.error(
    { err: error, alarm: docs[0]?.alarm, reports },
    'reports that cannot be folded were set aside: `reports set-aside` lists them, `reports put-back` tries them again',
  )
}

function docOf({ _id: batch, n, reports }: IntakeRecord<Report>, error: unknown, at: number): SetAsideDoc | null {
  const [first] = reports
  if (!first) return null
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const alarm = fingerprint(first)
  return {
    _id: `${alarm}:${batch}`,
    v: 1,
    tenant: first.tenant,
    alarm,
    batch,
    n,
    at,
    error: text.slice(0, longestError),
    reports,
  }
}

/** Reads the collection: for the command line. */
export async function listAside(db: Db, tenant?: string): Promise<SetAsideDoc[]> {
  const found = await documents<SetAsideDoc>(db, SetAsideDocs.noun)
    .find(tenant === undefined ? {} : { tenant })
    .toArray()
  // The driver's generic wrapper around our own document.
  return (found as SetAsideDoc[]).sort((a, b) => a.at - b.at)
}

/**
 * Puts them back as records of an incarnation that never lived, so that the next look for orphans folds them. The
 * record keeps the name of its batch, by which the fold knows reports that it has stored as its own. False: one of
 * that name is still there.
 */
export async function putBack(db: Db, docs: readonly SetAsideDoc[]): Promise<boolean> {
  const [first] = docs
  if (!first) return true
  const { batch, n } = first
  const record = { _id: batch, v: 1, node: `put-back-${batch}`, n, reports: docs.flatMap(({ reports }) => reports) }
  try {
    await documents<IntakeRecord<Report>>(db, 'intake').insertOne(record)
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
  for (const { _id } of docs) await documents(db, SetAsideDocs.noun).deleteOne({ _id })
  return true
}
