/** The write path of a simulated node: journal, documents, log (S1–S4), and the redo of what a dead node left open. */
import type { Cursor } from '#wire'
import { unknown } from './database.ts'
import type { CommandRecord, IntakeRecord } from './database.ts'
import { decide, fresh } from './documents.ts'
import type { Act, Doc, Outcome, Report } from './documents.ts'
import type { Node } from './node.ts'
import { failed } from './redis.ts'

export type Reply = { status: 200; outcome: Outcome } | { status: 202 } | { status: 503 }

interface Waiting {
  since: number
  docs: Doc[]
  published: (() => void) | null
}

/** Published, but not yet read back by this node. */
interface Unread {
  since: number
  at: Cursor
}

export class Writer {
  #node: Node
  #waiting: Waiting[] = []
  #sending = false
  #unread: Unread[] = []
  #writing = new Map<number, number>()
  #attempts = 0
  #batches = 0
  #toFold: { owner: string; n: number; reports: readonly Report[] }[] = []
  #folding = false
  #intakeBusy = false

  constructor(node: Node) {
    this.#node = node
  }

  /** Begin of the oldest own write that is not yet known to have come back by the log (S13). */
  unpublishedSince(): number | null {
    let oldest = Infinity
    for (const since of this.#writing.values()) oldest = Math.min(oldest, since)
    for (const { since } of this.#waiting) oldest = Math.min(oldest, since)
    for (const { since } of this.#unread) oldest = Math.min(oldest, since)
    return oldest === Infinity ? null : oldest
  }

  behind(): number {
    const since = this.unpublishedSince()
    return since === null ? 0 : this.#now - since
  }

  idle(): boolean {
    return this.unpublishedSince() === null && this.#toFold.length === 0
  }

  /** A node that may have lost its lease accepts nothing: what it accepted then would be nobody's to redo. */
  get #accepting(): boolean {
    return this.#node.tail.position.e > 0 && this.#now - this.#node.renewedAt < 5000
  }

  get #now(): number {
    return this.#node.world.clock.now
  }

  get #broken(): string | null {
    return this.#node.world.broken
  }

  // --- commands ---------------------------------------------------------------------------------------------------------

  command(act: Act, reply: (reply: Reply) => void): void {
    const { database } = this.#node.world
    if (!this.#accepting) return reply({ status: 503 })
    const attempt = ++this.#attempts
    this.#writing.set(attempt, this.#now)
    const finish = (outcome: Outcome | null): void => {
      this.#writing.delete(attempt)
      reply(outcome ? { status: 200, outcome } : { status: 503 })
    }
    this.#accept<CommandRecord>(
      () => {
        const found = database.commands.get(act.key)
        if (found) return found
        const record = { act, owner: this.#node.name, attempt, outcome: null, done: false }
        database.commands.set(act.key, record)
        return record
      },
      (record) => {
        if (record.outcome) return finish(record.outcome)
        if (record.owner !== this.#node.name || record.attempt !== attempt) return finish(null)
        this.#perform(act, false, finish)
      },
    )
  }

  #perform(act: Act, again: boolean, finish: (outcome: Outcome) => void): void {
    const { database } = this.#node.world
    const since = this.#now
    const settle = (outcome: Outcome, docs: Doc[]): void => {
      const record = database.commands.get(act.key)
      // Done: the outcome is stored and the documents are in the log. Either may come last.
      let missing = this.#broken === 'S2 done before published' ? 1 : 2
      const oneMore = (): void => {
        if (--missing === 0)
          this.#known(
            () => finishRecord(record),
            () => undefined,
          )
      }
      this.publish(docs, since, oneMore)
      this.#known(
        () => (record ? (record.outcome ??= outcome) : outcome),
        (stored) => {
          oneMore()
          finish(stored)
        },
      )
    }
    if (act.kind === 'pair') this.#pair(act, again, settle)
    else this.#step(act.ids[0] ?? '', act, '', again, (doc) => settle(outcomeOf(act, doc), doc ? [doc] : []))
  }

  /** All or nothing (S3): hold every document, one refusal releases all, then flip. */
  #pair(act: Act, again: boolean, settle: (outcome: Outcome, docs: Doc[]) => void): void {
    const flip = (docs: Doc[], ids: readonly string[], step: string, then: (docs: Doc[]) => void): void => {
      const [id, ...rest] = ids
      if (id === undefined) return then(docs)
      this.#step(id, act, step, again, (doc) => flip(doc ? [...docs, doc] : docs, rest, step, then))
    }
    if (this.#broken === 'S3 no hold') {
      return flip([], act.ids, '#flip', (docs) =>
        settle(outcomeOf(act, docs.length === act.ids.length ? docs[0] : null), docs),
      )
    }
    const hold = (held: string[], ids: readonly string[]): void => {
      const [id, ...rest] = ids
      if (id === undefined) return flip([], act.ids, '#flip', (docs) => settle(outcomeOf(act, docs[0]), docs))
      this.#step(id, act, '#hold', again, (doc) => {
        const released = doc?.acts.includes(`${act.key}#free`)
        if (doc && !released) return hold([...held, id], rest)
        flip([], act.ids, '#free', (docs) => settle(outcomeOf(act, null), docs))
      })
    }
    hold([], act.ids)
  }

  /** Compare-and-set until it is known whether this step is in the document; null: refused by the machine (S2). */
  #step(id: string, act: Act, step: string, again: boolean, then: (doc: Doc | null) => void): void {
    const { database } = this.#node.world
    const name = act.key + step
    const on = (before: Doc): void => {
      const remembers = this.#broken !== 'S2 acts not remembered'
      if (remembers && before.acts.includes(name)) {
        // Read back with one's own act in it: that is the acknowledgement.
        this.#node.take(before)
        return then(before)
      }
      if (step === '#hold' && before.acts.includes(`${act.key}#flip`)) return then(before)
      if (step === '#free' && before.hold !== act.key) return then(null)
      const next = decide(before, act, step)
      if (!next) return then(null)
      write(next)
    }
    const write = (next: Doc): void => {
      if (this.#broken === 'S5 view before acknowledged') this.#node.take(next)
      const blind = this.#broken === 'S2 no compare'
      database.call(
        this.#node,
        () => (blind ? database.overwrite(next) : database.compareAndSet(next)),
        (won) => {
          if (won === unknown && this.#broken !== 'S2 unknown is success')
            return this.#node.later(20, () => write(next))
          if (won === false) return readBack()
          this.#node.take(next)
          then(next)
        },
      )
    }
    const readBack = (): void => this.#known(() => database.docs.get(id) ?? fresh(id), on)
    if (again) readBack()
    else on(this.#node.views.get(id) ?? fresh(id))
  }

  // --- intake -----------------------------------------------------------------------------------------------------------

  intake(reports: readonly Report[], reply: (reply: Reply) => void): void {
    const { database } = this.#node.world
    if (!this.#accepting || this.#intakeBusy) return reply({ status: 503 })
    if (this.#broken === 'S1 answer before the record') reply({ status: 202 })
    this.#intakeBusy = true
    const record: IntakeRecord = { owner: this.#node.name, n: ++this.#batches, reports }
    const key = `${record.owner}#${record.n}`
    const attempt = ++this.#attempts
    this.#accept(
      () => void database.intake.set(key, record),
      () => {
        this.#intakeBusy = false
        reply({ status: 202 })
        this.#writing.set(attempt, this.#now)
        this.#toFold.push(record)
        this.#fold(() => this.#writing.delete(attempt))
      },
    )
  }

  /** Batches strictly in order, each complete before the next (S4). */
  #fold(done?: () => void): void {
    const batch = this.#toFold[0]
    if (this.#folding || !batch) return done?.()
    this.#folding = true
    const since = this.#now
    const { database } = this.#node.world
    const key = `${batch.owner}#${batch.n}`
    this.#known(
      () => {
        for (const { id } of batch.reports) if (!database.reports.has(id)) database.reports.set(id, key)
        return batch.reports.filter(({ id }) => database.reports.get(id) === key)
      },
      (own) => {
        const alarms = [...new Set(own.map(({ alarm }) => alarm))]
        const docs: Doc[] = []
        const next = (): void => {
          const id = alarms.pop()
          if (id !== undefined) {
            const unique = new Set(own.filter(({ alarm }) => alarm === id).map((report) => report.id)).size
            return this.#count(id, batch, unique, (doc) => (docs.push(doc), next()))
          }
          this.publish(docs, since, () =>
            this.#known(
              () => void database.intake.delete(key),
              () => undefined,
            ),
          )
          this.#toFold.shift()
          this.#folding = false
          done?.()
          this.#fold()
        }
        next()
      },
    )
  }

  #count(id: string, batch: { owner: string; n: number }, count: number, then: (doc: Doc) => void): void {
    const { database } = this.#node.world
    const readBack = (): void => this.#known(() => database.docs.get(id) ?? fresh(id), on)
    const on = (before: Doc): void => {
      const marked = (before.taken[batch.owner] ?? 0) >= batch.n
      if (marked && this.#broken !== 'S4 no high-water mark') return then(before)
      const taken = { ...before.taken, [batch.owner]: batch.n }
      const total = before.count + count
      const next: Doc = {
        ...before,
        v: before.v + 1,
        gone: false,
        closed: false,
        taken,
        count: total,
        n: total,
        by: '',
      }
      database.call(
        this.#node,
        () => database.compareAndSet(next),
        (won) => {
          if (won === unknown || !won) return this.#node.later(won === false ? 0 : 20, readBack)
          this.#node.take(next)
          then(next)
        },
      )
    }
    if (batch.owner === this.#node.name) on(this.#node.views.get(id) ?? fresh(id))
    else readBack()
  }

  // --- redo -------------------------------------------------------------------------------------------------------------

  /** What a dead incarnation left open, in order; whoever died while redoing another's is redone with it. */
  redo(owner: string): void {
    const { database, hit } = this.#node.world
    if (this.#broken === 'S2 no redo') {
      return this.#known(
        () => this.#endRedo(owner),
        () => undefined,
      )
    }
    this.#known(
      () => ({
        commands: [...database.commands.values()].filter((record) => record.owner === owner && !record.done),
        batches: [...database.intake.values()].filter((record) => record.owner === owner),
      }),
      ({ commands, batches }) => {
        if (commands.length + batches.length > 0) hit.call(this.#node.world, 'journal: open records redone')
        const next = (): void => {
          const record = commands.shift()
          // An outcome that is stored stands: only what it has changed may still be missing from the log.
          if (record?.outcome && this.#broken !== 'S2 decided again after its outcome')
            return this.#publishAgain(record, next)
          if (record) return this.#perform(record.act, true, next)
          batches.sort((a, b) => a.n - b.n)
          this.#toFold.push(...batches)
          this.#whenFolded(() =>
            this.#known(
              () => this.#endRedo(owner),
              () => undefined,
            ),
          )
        }
        next()
      },
    )
  }

  #publishAgain(record: CommandRecord, then: () => void): void {
    const { database } = this.#node.world
    const since = this.#now
    this.#known(
      () => record.act.ids.map((id) => database.docs.get(id)).filter((doc) => doc !== undefined),
      (docs) => {
        this.publish(docs, since, () =>
          this.#known(
            () => void (record.done = true),
            () => undefined,
          ),
        )
        then()
      },
    )
  }

  #endRedo(owner: string): void {
    const lease = this.#node.world.database.leases.get(owner)
    if (lease && lease.holder === this.#node.name) lease.redone = true
  }

  /** The redo is done when its documents are in the log, too: only then may others call themselves live (S13). */
  #whenFolded(then: () => void): void {
    this.#fold()
    if (this.idle()) then()
    else this.#node.later(100, () => this.#whenFolded(then))
  }

  // --- the log ----------------------------------------------------------------------------------------------------------

  publish(docs: Doc[], since: number, published: (() => void) | null): void {
    if (docs.length === 0) return published?.()
    this.#waiting.push({ since, docs, published })
    if (!this.#sending) this.#send()
  }

  #send(): void {
    const batch = this.#waiting[0]
    if (!batch) return void (this.#sending = false)
    this.#sending = true
    const { redis, clock } = this.#node.world
    redis.call(
      this.#node,
      () => redis.append(batch.docs),
      (at) => {
        if (at === failed && this.#broken !== 'S2 published once')
          return this.#node.later(clock.between(20, 60), () => this.#send())
        if (at === null) return this.#node.openEpoch(() => this.#send())
        this.#waiting.shift()
        if (at !== failed) this.#unread.push({ since: batch.since, at })
        batch.published?.()
        this.#send()
      },
    )
  }

  /** This node has read the log up to here. */
  read(position: Cursor): void {
    if (this.#unread.length === 0) return
    this.#unread = this.#unread.filter(({ at }) => at.e > position.e || (at.e === position.e && at.s > position.s))
  }

  /** A record of the journal: repeated only while this node certainly holds its lease. */
  #accept<R>(work: () => R, then: (result: R) => void): void {
    if (!this.#accepting) return this.#node.later(200, () => this.#accept(work, then))
    this.#node.world.database.call(this.#node, work, (result) => {
      if (result === unknown && this.#broken !== 'S1 unknown is accepted')
        this.#node.later(20, () => this.#accept(work, then))
      else then(result as R)
    })
  }

  /** Repeated until its outcome is known; the work itself may happen more than once. */
  #known<R>(work: () => R, then: (result: R) => void): void {
    this.#node.world.database.call(this.#node, work, (result) => {
      if (result === unknown) this.#node.later(this.#node.world.clock.between(15, 40), () => this.#known(work, then))
      else then(result)
    })
  }
}

function outcomeOf(act: Act, doc: Doc | null | undefined): Outcome {
  return { ok: doc !== null && doc !== undefined, id: act.ids[0] ?? '', v: doc?.v ?? 0 }
}

function finishRecord(record: CommandRecord | undefined): void {
  if (record) record.done = true
}
