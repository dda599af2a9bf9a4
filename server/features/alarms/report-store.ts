/** Reports as they are kept: each once, however often its sender or a redo brings it. */
import type { AnyBulkWriteOperation } from 'mongodb'
import type { Core } from '../../core/core.ts'
import type { IntakeRecord } from '../../core/intake.ts'
import { documents, refusedIndexes } from '../../core/mongo.ts'
import { untilKnown } from '../../core/until-known.ts'
import { AlarmDocs, fingerprint, ReportDocs, type Report, type ReportDoc } from './model.ts'

const insertAtOnce = 300

export class ReportStore {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Stores each report once. Answers `batch report` of those that are new — also when this is a redo of the same batch. */
  async store(batches: IntakeRecord<Report>[]): Promise<Set<string>> {
    const firsts = new Map<string, ReportDoc>()
    for (const { _id: batch, reports } of batches) {
      for (const report of reports) {
        if (firsts.has(report.id) || this.#isResend(report, batch)) continue
        const { id, ...rest } = report
        firsts.set(id, { ...rest, _id: id, v: 1, batch, alarm: fingerprint(report) })
      }
    }
    const docs = [...firsts.values()]
    const fresh = new Set<string>()
    for (let at = 0; at < docs.length; at += insertAtOnce) {
      const part = docs.slice(at, at + insertAtOnce)
      const refusals = await this.#insertUntilKnown(part)
      const own = refusals.size
        ? await this.#ownAmong(part.filter((_, index) => refusals.has(index)))
        : new Set<string>()
      part.forEach((doc, index) => {
        if (!refusals.has(index) || own.has(doc._id)) fresh.add(`${doc.batch} ${doc._id}`)
      })
    }
    return fresh
  }

  /** Known without a question: the live alarm remembers its last reports. A redo must ask, its own reports are there too. */
  #isResend(report: Report, batch: string): boolean {
    if (!batch.startsWith(`${this.#core.incarnation}:`)) return false
    const alarm = this.#core.views.get(AlarmDocs, fingerprint(report))
    if (!alarm?.seen.includes(report.id)) return false
    return (alarm.taken[this.#core.incarnation] ?? 0) < Number(batch.split(':').at(-1))
  }

  async #insertUntilKnown(docs: ReportDoc[]): Promise<Set<number>> {
    const operations: AnyBulkWriteOperation<ReportDoc>[] = docs.map((document) => ({ insertOne: { document } }))
    return untilKnown(this.#core.logger, 'storing reports', async () => {
      try {
        await documents<ReportDoc>(this.#core.db, ReportDocs.noun).bulkWrite(operations, { ordered: false })
        return new Set()
      } catch (error) {
        const refusals = refusedIndexes(error)
        if (refusals) return refusals
        throw error
      }
    })
  }

  /** Of the refused ones, those that this very batch stored before. */
  async #ownAmong(docs: ReportDoc[]): Promise<Set<string>> {
    const batchOf = new Map(docs.map(({ _id, batch }) => [_id, batch]))
    const found = await documents<ReportDoc>(this.#core.db, ReportDocs.noun)
      .find({ _id: { $in: [...batchOf.keys()] } }, { projection: { batch: 1 } })
      .toArray()
    return new Set(found.filter(({ _id, batch }) => batchOf.get(_id) === batch).map(({ _id }) => _id))
  }
}
