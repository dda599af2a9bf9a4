/** Takes reports in and folds them into alarms; clears what its clock says; lets people act on them. */
import { randomUUID } from 'node:crypto'
import type { ActResult } from '#wire'
import { systemCtx } from '../../core/access.ts'
import type { Core, Decision, Written } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import { Intake, type IntakeRecord } from '../../core/intake.ts'
import { must } from '../../core/must.ts'
import { foldOrSetAside } from '../../core/set-aside.ts'
import { untilKnown } from '../../core/until-known.ts'
import { runbookOf } from '../runbooks/service.ts'
import { annunciated, marked, type MarkLimits } from './annunciation.ts'
import { storePushedOut } from './entries.ts'
import { cleared, finished, fold, type Arrival } from './fold.ts'
import { LostClaims } from './lost-claims.ts'
import { ReportStore } from './report-store.ts'
import { AlarmRules } from './rules.ts'
import { storeFinished } from './history.ts'
import { withoutDueHolds } from './holds.ts'
import { AlarmDocs, fingerprint, type AlarmDoc, type Report } from './model.ts'
import { keepAside } from './set-aside.ts'

/** For rooms that follow alarms: what is stored and how its episode is named. */
export { episodeId, type Happening } from './entries.ts'
export { AlarmDocs, type AlarmDoc } from './model.ts'
export { findEpisode, liveEpisode, onEpisode, type Episode } from './episodes.ts'

const writeAtOnce = 300
const mostFollowing = 5_000
/** A node that was frozen and wakes may still try to fold: its marks outlive it. */
const marksKeptMs = 10 * 60_000

const markLimitsOf = (config: Core['config']): MarkLimits => ({
  chatterMs: config.CHATTER_SECONDS * 1000,
  chatterCalmMs: config.CHATTER_CALM_SECONDS * 1000,
  fleetingMs: config.FLEETING_SECONDS * 1000,
  staleMs: config.STALE_SECONDS * 1000,
})

export class AlarmService {
  readonly #core: Core
  readonly #reports: ReportStore
  readonly intake: Intake<Report>
  readonly rules: AlarmRules
  readonly markLimits: MarkLimits
  readonly lostClaims: LostClaims

  constructor(core: Core) {
    this.#core = core
    this.#reports = new ReportStore(core)
    this.rules = new AlarmRules(core, (ctx, ids, decide) => this.act(ctx, ids, decide))
    this.lostClaims = new LostClaims(core, (tenant, ids, change) =>
      this.act(systemCtx(core, tenant, 'timeline', `${tenant}:${randomUUID()}`), ids, (alarm) => ({
        next: change(alarm),
      })),
    )
    const { db, logger, incarnation, config, metrics } = core
    this.markLimits = markLimitsOf(config)
    this.intake = new Intake<Report>({
      db,
      logger,
      incarnation,
      limits: { mostWaiting: config.INTAKE_MOST_WAITING, mostAgeMs: config.INTAKE_MOST_AGE_MS },
      fold: foldOrSetAside<Report>((from, batches) => this.#fold(from, batches), {
        logger,
        into: fingerprint,
        keep: (batches, error) => keepAside(core, batches, error),
      }),
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
      await this.intake.accept(reports.map((report) => this.#withRunbook(report)))
    } catch (error) {
      this.#core.metrics.reportsRefused.inc(reports.length)
      throw error
    }
    for (const report of reports) this.#core.metrics.reportsAccepted.inc({ source: report.source })
  }

  #withRunbook(report: Report): Report {
    const runbook = report.runbook ?? runbookOf(this.#core, report.tenant, report.type)
    return runbook === report.runbook ? report : { ...report, runbook }
  }

  /** A node that lost its lease may have stored a record before it noticed: nobody is told to redo that one. */
  async redoOrphans(): Promise<void> {
    for (const incarnation of await this.intake.owners()) {
      if (await this.#core.leases.isGone(incarnation)) await this.intake.redo(incarnation)
    }
  }

  /** One act on many alarms: each decided for itself, in parts that one entry of the log can carry. */
  async act(ctx: Ctx, ids: readonly string[], decide: (alarm: AlarmDoc) => Decision<AlarmDoc>): Promise<ActResult[]> {
    const results = new Map<string, ActResult>()
    const all = [...new Set(ids)]
    const presenting = (alarm: AlarmDoc) => {
      const decision = decide(alarm)
      return 'next' in decision ? { next: this.#presented(alarm, decision.next, ctx.now) } : decision
    }
    for (let at = 0; at < all.length; at += writeAtOnce) {
      const part = all.slice(at, at + writeAtOnce)
      for (const result of await this.#core.changes.each(ctx, AlarmDocs, part, presenting, (pairs) =>
        this.#storePushedOut(pairs),
      ))
        results.set(result.id, result)
      await this.#archiveSoon(part)
    }
    this.lostClaims.gather(ctx, [...results.values()])
    return ids.map((id) => must(results.get(id), 'every id has a result'))
  }

  /** Standing alarms whose sender named no runbook follow the tenant's; of a very many the rest with their next report. */
  async pointTo(ctx: Ctx, type: string, { from, to }: { from: string | null; to: string | null }): Promise<void> {
    const follows = ({ type: one, runbook }: AlarmDoc) => one === type && (runbook === null || runbook === from)
    const ids: string[] = []
    for (const alarm of this.#core.views.ofTenant(AlarmDocs, ctx.tenant))
      if (follows(alarm) && alarm.runbook !== to && ids.length < mostFollowing) ids.push(alarm._id)
    await this.act(ctx, ids, (alarm) => (follows(alarm) ? { next: { ...alarm, runbook: to } } : { same: true }))
  }

  /** Ends by themselves: the sender's end or the calm period has passed. */
  async clearDue(ids: readonly string[], now: number): Promise<void> {
    const due = ids.flatMap((id) => {
      const alarm = this.#core.views.get(AlarmDocs, id)
      if (!alarm || alarm.gone || alarm.endsAt === null || alarm.endsAt > now || alarm.clearedAt !== null) return []
      return [{ before: alarm, next: finished(cleared(alarm, now, 'expired')) }]
    })
    for (let at = 0; at < due.length; at += writeAtOnce) {
      // A lost race means news came in: the next look decides again.
      await this.#commit(due.slice(at, at + writeAtOnce))
    }
  }

  /** Shelves and services that have run out. */
  async liftDue(ids: readonly string[], now: number): Promise<void> {
    const due = ids.flatMap((id) => {
      const alarm = this.#core.views.get(AlarmDocs, id)
      const next = alarm && !alarm.gone ? withoutDueHolds(alarm, now) : alarm
      return alarm && next && next !== alarm ? [{ before: alarm, next: finished(next) }] : []
    })
    for (let at = 0; at < due.length; at += writeAtOnce) await this.#commit(due.slice(at, at + writeAtOnce))
  }

  /** Marks that time alone has changed: one write when one begins, one when it ends. */
  async mark(ids: readonly string[], now: number): Promise<void> {
    const due = ids.flatMap((id) => {
      const alarm = this.#core.views.get(AlarmDocs, id)
      const next = alarm && !alarm.gone ? marked(alarm, now, this.markLimits) : alarm
      return alarm && next && next !== alarm ? [{ before: alarm, next }] : []
    })
    for (let at = 0; at < due.length; at += writeAtOnce) await this.#commit(due.slice(at, at + writeAtOnce))
  }

  async #commit(pairs: readonly { before: AlarmDoc; next: AlarmDoc }[]): Promise<void> {
    await this.#storePushedOut(pairs)
    const now = this.#core.clock.now()
    const written = await this.#core.changes.write(
      pairs.map(({ before, next }) => ({
        collection: AlarmDocs,
        doc: this.#presented(before, next, now),
        base: before.v,
      })),
    )
    await this.archive(written.flatMap((result) => (result.ok ? [result.doc._id] : [])))
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
    const fresh = await this.#reports.store(batches)
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

  async #foldAlarms(incarnation: string, group: [string, Arrival[]][]): Promise<void> {
    let open = group.map(([id, arrivals]) => ({ id, arrivals, current: this.#core.views.get(AlarmDocs, id) ?? null }))
    while (open.length > 0) {
      const now = this.#core.clock.now()
      const decided = open.flatMap((one) => {
        const calmMs = this.#core.config.CALM_SECONDS * 1000
        const born = (alarm: AlarmDoc) => this.rules.born(alarm)
        const folded = fold(one.id, one.current, one.arrivals, incarnation, calmMs, born)
        if (folded) return [{ ...one, folded: marked(this.#forgetTheDead(folded), now, this.markLimits) }]
        // Nothing to do: done by a node that may have died before it told.
        if (one.current && incarnation !== this.#core.incarnation)
          this.#core.changes.republish(AlarmDocs, [one.current])
        return []
      })
      await this.#storePushedOut(decided.map(({ folded, current }) => ({ before: current, next: folded })))
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

  #storePushedOut(pairs: Parameters<typeof storePushedOut>[1]): Promise<void> {
    return untilKnown(this.#core.logger, 'storing entries', () => storePushedOut(this.#core.db, pairs))
  }

  /** What every change beside a fold may do to how the alarm presents itself. */
  #presented(before: AlarmDoc, next: AlarmDoc, now: number): AlarmDoc {
    return marked(annunciated(before, next, now), now, this.markLimits)
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
