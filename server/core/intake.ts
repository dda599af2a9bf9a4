/**
 * The intake half of the journal (S1, S4): batches of accepted reports, numbered densely per node incarnation, one
 * durable record in flight at a time, folded strictly in order and deleted only after every step is known to be done.
 */
import { BSON, type Db } from 'mongodb'
import type { Logger } from 'pino'
import { documents, isDuplicate } from './mongo.ts'
import { Failure, refused } from './problems.ts'
import { untilKnown } from './until-known.ts'

export interface IntakeRecord<R> {
  /** incarnation and number */
  _id: string
  v: number
  node: string
  n: number
  reports: R[]
}

export interface IntakeLimits {
  mostWaiting: number
  mostAgeMs: number
}

/** Folds batches completely: every effect is known to be in the database when it resolves. */
export type Fold<R> = (incarnation: string, batches: IntakeRecord<R>[]) => Promise<void>

interface Waiting<R> {
  reports: R[]
  bytes: number
  done: () => void
  failed: (error: Failure) => void
}

/** What arrives while a record is on its way shares the next one: one commit of the database for all of it. */
const mostPerRecord = 1_200
/** Well below the largest document of the database. */
const mostBytesPerRecord = 4 * 1024 * 1024
/** Batches that wait are folded together up to so many reports. */
const mostPerFold = 3_000
const patienceMs = 4_000

export class Intake<R> {
  readonly #db: Db
  readonly #logger: Logger
  readonly #incarnation: string
  readonly #limits: IntakeLimits
  readonly #fold: Fold<R>
  /** Resolves when what the fold wrote is in the change log. */
  readonly #published: () => Promise<void>
  readonly #onDepth: (waiting: number) => void
  readonly #held: () => Promise<void>
  #queue: Waiting<R>[] = []
  #unfolded: { batch: IntakeRecord<R>; since: number }[] = []
  #waiting = 0
  #n = 0
  #storing = false
  #folding = false
  #idle: (() => void)[] = []
  #deleting = new Set<Promise<void>>()
  #ending = false

  constructor(parts: {
    db: Db
    logger: Logger
    incarnation: string
    limits: IntakeLimits
    fold: Fold<R>
    published: () => Promise<void>
    onDepth: (waiting: number) => void
    /** Resolves when this node is known to hold its lease: what it stores is then somebody's to redo. */
    held: () => Promise<void>
  }) {
    this.#db = parts.db
    this.#logger = parts.logger
    this.#incarnation = parts.incarnation
    this.#limits = parts.limits
    this.#fold = parts.fold
    this.#published = parts.published
    this.#onDepth = parts.onDepth
    this.#held = parts.held
  }

  /** Resolves when the reports are safe; throws `intake.overloaded` or `store.unavailable` (503) otherwise. */
  async accept(reports: readonly R[]): Promise<void> {
    if (reports.length === 0) return
    if (this.#ending) throw new Failure(refused('server.draining'), 2)
    this.#refuseOverload(reports.length)
    this.#depth(reports.length)
    const parts = partsOf(reports).map((part) => this.#enqueue(part))
    if (!this.#storing) void this.#store()
    await Promise.all(parts)
  }

  /** Folds what a dead incarnation left open, in its own order. */
  async redo(incarnation: string): Promise<number> {
    const records = await documents<IntakeRecord<R>>(this.#db, 'intake').find({ node: incarnation }).toArray()
    // The driver's generic wrapper around our own record.
    const batches = (records as IntakeRecord<R>[]).sort((a, b) => a.n - b.n)
    if (batches.length === 0) return 0
    await this.#fold(incarnation, batches)
    await this.#published()
    await this.#delete(batches)
    return batches.length
  }

  /** Incarnations with records, whether their nodes live or not. Reads the collection: a clock's work. */
  async owners(): Promise<string[]> {
    const records = await documents<IntakeRecord<R>>(this.#db, 'intake')
      .find({}, { projection: { node: 1 } })
      .toArray()
    return [...new Set(records.map(({ node }) => node))]
  }

  /** Reports accepted or about to be, and not folded. */
  get waiting(): number {
    return this.#waiting
  }

  /** Accepts nothing more; resolves when all that was accepted is folded. */
  async drain(): Promise<void> {
    this.#ending = true
    if (this.#waiting > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Resolves when the records of what is folded are gone, which waits until it is published. */
  async cleared(): Promise<void> {
    await Promise.all(this.#deleting)
  }

  #refuseOverload(count: number): void {
    const oldest = this.#unfolded[0]
    const late = oldest !== undefined && performance.now() - oldest.since > this.#limits.mostAgeMs
    if (late || this.#waiting + count > this.#limits.mostWaiting) throw new Failure(refused('intake.overloaded'), 2)
  }

  #enqueue(part: { reports: R[]; bytes: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Failure(refused('store.unavailable'), 2)), patienceMs)
      const settle = (then: () => void) => () => {
        clearTimeout(patience)
        then()
      }
      this.#queue.push({ ...part, done: settle(resolve), failed: (error) => settle(() => reject(error))() })
    })
  }

  async #store(): Promise<void> {
    this.#storing = true
    while (this.#queue.length > 0) {
      const taken = this.#takeQueued()
      const n = ++this.#n
      const batch = {
        _id: `${this.#incarnation}:${n}`,
        v: 1,
        node: this.#incarnation,
        n,
        reports: taken.flatMap(({ reports }) => reports),
      }
      await this.#insertUntilKnown(batch)
      await this.#held()
      for (const { done } of taken) done()
      this.#unfolded.push({ batch, since: performance.now() })
      if (!this.#folding) void this.#foldAll()
    }
    this.#storing = false
  }

  #takeQueued(): Waiting<R>[] {
    const taken: Waiting<R>[] = []
    let count = 0
    let bytes = 0
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      count += next.reports.length
      bytes += next.bytes
      if (taken.length > 0 && (count > mostPerRecord || bytes > mostBytesPerRecord)) break
      taken.push(next)
      this.#queue.shift()
    }
    return taken
  }

  /** An insert whose outcome is unknown is repeated under the same `_id`; our own duplicate means accepted. */
  async #insertUntilKnown(batch: IntakeRecord<R>): Promise<void> {
    for (let wait = 50; ; wait = Math.min(wait * 2, 1_000)) {
      await this.#held()
      try {
        await documents<IntakeRecord<unknown>>(this.#db, 'intake').insertOne(batch)
        return
      } catch (error) {
        if (isDuplicate(error)) return
        this.#logger.warn({ err: error, batch: batch._id }, 'an intake record was not confirmed, repeating')
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
  }

  async #foldAll(): Promise<void> {
    this.#folding = true
    while (this.#unfolded.length > 0) {
      const batches = this.#takeUnfolded()
      for (let wait = 50; ; wait = Math.min(wait * 2, 1_000)) {
        try {
          await this.#fold(this.#incarnation, batches)
          break
        } catch (error) {
          this.#logger.error({ err: error }, 'folding failed, repeating the whole step')
          await new Promise((resolve) => setTimeout(resolve, wait))
        }
      }
      this.#unfolded.splice(0, batches.length)
      this.#depth(-batches.reduce((sum, { reports }) => sum + reports.length, 0))
      const deleting = this.#deleteWhenPublished(batches).finally(() => this.#deleting.delete(deleting))
      this.#deleting.add(deleting)
    }
    this.#folding = false
  }

  /** Stays at the head of the list while it folds, so that its age counts. */
  #takeUnfolded(): IntakeRecord<R>[] {
    const batches: IntakeRecord<R>[] = []
    let count = 0
    for (const { batch } of this.#unfolded) {
      if (batches.length > 0 && count + batch.reports.length > mostPerFold) break
      count += batch.reports.length
      batches.push(batch)
    }
    return batches
  }

  async #deleteWhenPublished(batches: IntakeRecord<R>[]): Promise<void> {
    try {
      await this.#published()
      await this.#delete(batches)
    } catch (error) {
      // Left open: whoever takes this incarnation's lease folds it again, which changes nothing.
      this.#logger.warn({ err: error }, 'folded intake records could not be deleted')
    }
  }

  async #delete(batches: IntakeRecord<R>[]): Promise<void> {
    const records = documents<IntakeRecord<unknown>>(this.#db, 'intake')
    for (const { _id } of batches)
      await untilKnown(this.#logger, 'deleting a folded record', () => records.deleteOne({ _id }))
  }

  #depth(change: number): void {
    this.#waiting += change
    this.#onDepth(this.#waiting)
    if (this.#waiting === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}

/** Parts that fit a record by number and by size. */
function partsOf<R>(reports: readonly R[]): { reports: R[]; bytes: number }[] {
  const parts: { reports: R[]; bytes: number }[] = []
  let part: { reports: R[]; bytes: number } | undefined
  for (const report of reports) {
    const bytes = BSON.calculateObjectSize({ report })
    if (!part || part.reports.length === mostPerRecord || part.bytes + bytes > mostBytesPerRecord)
      parts.push((part = { reports: [], bytes: 0 }))
    part.reports.push(report)
    part.bytes += bytes
  }
  return parts
}
