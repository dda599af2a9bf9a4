/** Reports of a simulated node: one durable record per batch, then folded in order (S1, S4). */
import { unknown } from './database.ts'
import type { IntakeRecord } from './database.ts'
import { fresh } from './documents.ts'
import type { Doc, Report } from './documents.ts'
import type { Node } from './node.ts'
import type { Outbox } from './outbox.ts'
import { accept, accepting, known } from './unknowns.ts'
import type { Reply } from './writer.ts'

export class Intake {
  #node: Node
  #outbox: Outbox
  #batches = 0
  #toFold: IntakeRecord[] = []
  #folding = false
  #busy = false
  /** Batches accepted and not folded, since when. */
  #writing = new Map<number, number>()

  constructor(node: Node, outbox: Outbox) {
    this.#node = node
    this.#outbox = outbox
  }

  /** Begin of the oldest write under way; Infinity when there is none. */
  since(): number {
    return Math.min(Infinity, ...this.#writing.values())
  }

  get idle(): boolean {
    return this.#toFold.length === 0
  }

  take(reports: readonly Report[], reply: (reply: Reply) => void): void {
    const { database } = this.#node.world
    if (!accepting(this.#node) || this.#busy) return reply({ status: 503 })
    if (this.#node.world.broken === 'S1 answer before the record') reply({ status: 202 })
    this.#busy = true
    const record: IntakeRecord = { owner: this.#node.name, n: ++this.#batches, reports }
    const key = `${record.owner}#${record.n}`
    const attempt = record.n
    accept(
      this.#node,
      () => void database.intake.set(key, record),
      () => {
        this.#busy = false
        reply({ status: 202 })
        this.#writing.set(attempt, this.#node.world.clock.now)
        this.#toFold.push(record)
        this.#fold(() => this.#writing.delete(attempt))
      },
    )
  }

  /** Batches of a dead incarnation, in their order, before anything of one's own that comes later. */
  redo(batches: IntakeRecord[]): void {
    this.#toFold.push(...batches.sort((a, b) => a.n - b.n))
    this.#fold()
  }

  /** Batches strictly in order, each complete before the next (S4). */
  #fold(done?: () => void): void {
    const batch = this.#toFold[0]
    if (this.#folding || !batch) return done?.()
    this.#folding = true
    const since = this.#node.world.clock.now
    const { database } = this.#node.world
    const key = `${batch.owner}#${batch.n}`
    known(
      this.#node,
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
          this.#outbox.publish(docs, since, () => known(this.#node, () => void database.intake.delete(key)))
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
    const readBack = (): void => known(this.#node, () => database.docs.get(id) ?? fresh(id), on)
    const on = (before: Doc): void => {
      const marked = (before.taken[batch.owner] ?? 0) >= batch.n
      if (marked && this.#node.world.broken !== 'S4 no high-water mark') return then(before)
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
}
