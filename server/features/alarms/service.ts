/** Takes reports in and folds them into alarms; clears what its clock says; acknowledges for people. */
import type { AnyBulkWriteOperation } from 'mongodb'
import type { ActResult } from '#wire'
import type { Core, Written } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import { Intake, type IntakeRecord } from '../../core/intake.ts'
import { documents, refusedIndexes } from '../../core/mongo.ts'
import { must } from '../../core/must.ts'
import { untilKnown } from '../../core/until-known.ts'
import { refused } from '../../core/problems.ts'
import { cleared, finished, fold, type Arrival } from './fold.ts'
import { storeFinished } from './history.ts'
import { after, mayAcknowledge } from './machine.ts'
import { AlarmDocs, fingerprint, ReportDocs, type AlarmDoc, type Report, type ReportDoc } from './model.ts'

const insertAtOnce = 300
const writeAtOnce = 300
/** A node that was frozen and wakes may still try to fold: its marks outlive it. */
const marksKeptMs = 10 * 60_000

export class AlarmService {
  readonly #core: Core
  readonly intake: Intake<Report>

  constructor(core: Core) {
    this.#core = core
    const { db, logger, incarnation, config, metrics } = core
    this.intake = new Intake<Report>({
      db,
      logger,
      incarnation,
      limits: { mostWaiting: config.INTAKE_MOST_WAITING, mostAgeMs: config.INTAKE_MOST_AGE_MS },
      fold: (from, batches) => this.#fold(from, batches),
      published: async () => {
        await core.changes.published(24 * 3600_000)
      },
      held: () => core.leases.held(),
      onDepth: (waiting) => metrics.reportsWaiting.set(waiting),
    })
  }

  /** Resolves when the reports are durable (then 2xx); throws a 503 `Failure` when they are not. */
  async accept(reports: Report[]): Promise<void> {
    try {
      await this.intake.accept(reports)
    } catch (error) {
      this.#core.metrics.reportsRefused.inc(reports.length)
      throw error
    }
    for (const report of reports) this.#core.metrics.reportsAccepted.inc({ source: report.source })
  }

  /** A node that lost its lease may have stored a record before it noticed: nobody is told to redo that one. */
  async redoOrphans(): Promise<void> {
    for (const incarnation of await this.intake.owners()) {
      if (await this.#core.leases.isGone(incarnation)) await this.intake.redo(incarnation)
    }
  }

  async acknowledge(ctx: Ctx, ids: readonly string[]): Promise<ActResult[]> {
    const results = await this.#core.changes.each(ctx, AlarmDocs, ids, (alarm) => {
      if (alarm.state === 'acknowledged') return { same: true }
      if (!mayAcknowledge(alarm.state))
        return refused('state.conflict', { params: { state: alarm.state }, current: alarm.state })
      const next = {
        ...alarm,
        state: after(alarm.state, 'acknowledge'),
        acknowledgedAt: ctx.now,
        acknowledgedBy: ctx.actor.name,
      }
      return { next: finished(next) }
    })
    await this.#archiveSoon(results.map(({ id }) => id))
    return results
  }

  /** Ends by themselves: the sender's end or the calm period has passed. */
  async clearDue(ids: readonly string[], now: number): Promise<void> {
    const due = ids.flatMap((id) => {
      const alarm = this.#core.views.get(AlarmDocs, id)
      if (!alarm || alarm.gone || alarm.endsAt === null || alarm.endsAt > now || alarm.clearedAt !== null) return []
      return [{ collection: AlarmDocs, doc: finished(cleared(alarm, now)), base: alarm.v }]
    })
    for (let at = 0; at < due.length; at += writeAtOnce) {
      // A lost race means news came in: the next look decides again.
      const written = await this.#core.changes.write(due.slice(at, at + writeAtOnce))
      await this.archive(written.flatMap((result) => (result.ok ? [result.doc._id] : [])))
    }
  }

  /** Moves ended episodes to history, as they were committed; the clock finds what a dead process left. */
  async archive(ids: readonly string[]): Promise<void> {
    const alarms = ids.flatMap((id) => {
      const alarm = this.#core.views.get(AlarmDocs, id)
      return alarm?.ended?.length ? [alarm] : []
    })
    if (alarms.length === 0) return
    await storeFinished(
      this.#core.db,
      alarms.flatMap(({ ended = [] }) => ended),
    )
    // A lost race leaves them there: the clock comes again.
    await this.#core.changes.write(
      alarms.map(({ ended: _ended, ...doc }) => ({ collection: AlarmDocs, doc, base: doc.v })),
    )
  }

  /** What was decided stands whether or not its move to history succeeds now. */
  async #archiveSoon(ids: readonly string[]): Promise<void> {
    try {
      await this.archive(ids)
    } catch (error) {
      this.#core.logger.warn({ err: error }, 'ended episodes are not in history yet, the clock tries again')
    }
  }

  async #fold(incarnation: string, batches: IntakeRecord<Report>[]): Promise<void> {
    const fresh = await this.#storeReports(batches)
    const arrivals = new Map<string, Arrival[]>()
    for (const { n, _id, reports } of batches) {
      for (const report of reports) {
        const id = fingerprint(report)
        const arrival = { report, fresh: fresh.delete(`${_id} ${report.id}`), batch: n }
        const list = arrivals.get(id)
        if (list) list.push(arrival)
        else arrivals.set(id, [arrival])
      }
    }
    const all = [...arrivals]
    for (let at = 0; at < all.length; at += writeAtOnce)
      await this.#foldAlarms(incarnation, all.slice(at, at + writeAtOnce))
    this.#core.metrics.reportsFolded.inc(batches.reduce((sum, { reports }) => sum + reports.length, 0))
  }

  /** Stores each report once. Answers `batch report` of those that are new — also when this is a redo of the same batch. */
  async #storeReports(batches: IntakeRecord<Report>[]): Promise<Set<string>> {
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

  async #foldAlarms(incarnation: string, group: [string, Arrival[]][]): Promise<void> {
    let open = group.map(([id, arrivals]) => ({ id, arrivals, current: this.#core.views.get(AlarmDocs, id) ?? null }))
    while (open.length > 0) {
      const decided = open.flatMap((one) => {
        const folded = fold(one.id, one.current, one.arrivals, incarnation, this.#core.config.CALM_SECONDS * 1000)
        if (folded) return [{ ...one, folded: this.#forgetTheDead(folded) }]
        // Nothing to do: done by a node that may have died before it told.
        if (one.current && incarnation !== this.#core.incarnation)
          this.#core.changes.republish(AlarmDocs, [one.current])
        return []
      })
      const written: Written[] = await this.#core.changes.write(
        decided.map(({ folded, current }) => ({ collection: AlarmDocs, doc: folded, base: current?.v ?? 0 })),
      )
      await this.#archiveSoon(
        written.flatMap((result, index) => (result.ok && decided[index]?.folded.ended ? [result.doc._id] : [])),
      )
      // Asleep for longer than its lease, this node is dead to the others: what it read is not its to decide on.
      if (written.some(({ ok }) => !ok)) await this.#core.leases.held()
      open = written.flatMap((result, index) => {
        if (result.ok) return []
        const { id, arrivals } = must(decided[index], 'results are parallel to decisions')
        // The alarms collection holds alarms only.
        return [{ id, arrivals, current: result.current as AlarmDoc | null }]
      })
    }
  }

  /** Marks of incarnations that are gone and redone protect nothing any more. */
  #forgetTheDead(folded: AlarmDoc): AlarmDoc {
    const entries = Object.entries(folded.taken)
    if (entries.length < 8) return folded
    return {
      ...folded,
      taken: Object.fromEntries(
        entries.filter(([incarnation]) => !this.#core.leases.goneFor(incarnation, marksKeptMs)),
      ),
    }
  }
}
