/** The write path of a simulated node: journal, documents, log (S1–S4), and the redo of what a dead node left open. */
import { unknown } from './database.ts'
import type { CommandRecord } from './database.ts'
import { decide, fresh } from './documents.ts'
import type { Act, Doc, Outcome } from './documents.ts'
import { Intake } from './intake.ts'
import type { Node } from './node.ts'
import { Outbox } from './outbox.ts'
import { accept, accepting, known } from './unknowns.ts'

export type Reply = { status: 200; outcome: Outcome } | { status: 202 } | { status: 503 }

export class Writer {
  #node: Node
  readonly outbox: Outbox
  readonly intake: Intake
  /** Commands under way, since when. */
  #writing = new Map<number, number>()
  #attempts = 0

  constructor(node: Node) {
    this.#node = node
    this.outbox = new Outbox(node)
    this.intake = new Intake(node, this.outbox)
  }

  /** Begin of the oldest own write that is not yet known to have come back by the log (S13). */
  unpublishedSince(): number | null {
    const oldest = Math.min(this.outbox.since(), this.intake.since(), ...this.#writing.values())
    return oldest === Infinity ? null : oldest
  }

  behind(): number {
    const since = this.unpublishedSince()
    return since === null ? 0 : this.#now - since
  }

  idle(): boolean {
    return this.unpublishedSince() === null && this.intake.idle
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
    if (!accepting(this.#node)) return reply({ status: 503 })
    const attempt = ++this.#attempts
    this.#writing.set(attempt, this.#now)
    const finish = (outcome: Outcome | null): void => {
      this.#writing.delete(attempt)
      reply(outcome ? { status: 200, outcome } : { status: 503 })
    }
    accept<CommandRecord>(
      this.#node,
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
        if (--missing === 0) known(this.#node, () => finishRecord(record))
      }
      this.outbox.publish(docs, since, oneMore)
      known(
        this.#node,
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
    const readBack = (): void => known(this.#node, () => database.docs.get(id) ?? fresh(id), on)
    if (again) readBack()
    else on(this.#node.views.get(id) ?? fresh(id))
  }

  // --- redo -------------------------------------------------------------------------------------------------------------

  /** What a dead incarnation left open, in order; whoever died while redoing another's is redone with it. */
  redo(owner: string): void {
    const { database, hit } = this.#node.world
    if (this.#broken === 'S2 no redo') {
      return known(this.#node, () => this.#endRedo(owner))
    }
    known(
      this.#node,
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
          this.intake.redo(batches)
          this.#whenFolded(() => known(this.#node, () => this.#endRedo(owner)))
        }
        next()
      },
    )
  }

  #publishAgain(record: CommandRecord, then: () => void): void {
    const { database } = this.#node.world
    const since = this.#now
    known(
      this.#node,
      () => record.act.ids.map((id) => database.docs.get(id)).filter((doc) => doc !== undefined),
      (docs) => {
        this.outbox.publish(docs, since, () => known(this.#node, () => finishRecord(record)))
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
    if (this.idle()) then()
    else this.#node.later(100, () => this.#whenFolded(then))
  }
}

function outcomeOf(act: Act, doc: Doc | null | undefined): Outcome {
  return { ok: doc !== null && doc !== undefined, id: act.ids[0] ?? '', v: doc?.v ?? 0 }
}

function finishRecord(record: CommandRecord | undefined): void {
  if (record) record.done = true
}
