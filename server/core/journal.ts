/**
 * The write-ahead journal (S1): everything accepted is first one durable record. `commands` are acts of people and
 * tokens, kept for 24 h with their outcome; `intake` holds accepted batches of reports until they are folded.
 */
import { createHash } from 'node:crypto'
import type { Db } from 'mongodb'
import type { Role } from '#wire'
import type { Clock } from './clock.ts'
import type { Actor, Collection } from './feature.ts'
import { documents, isDuplicate } from './mongo.ts'

export interface CommandRecord {
  /** tenant + idempotency key */
  _id: string
  v: number
  tenant: string
  route: string
  hash: string
  actor: Actor
  role: Role | null
  language: 'zh-CN' | 'en'
  address: string
  trace: string
  at: number
  /** Without secrets; null when the command has some: then it cannot be redone, only refused. */
  input: unknown
  node: string
  /** HTTP status and body, stored before the answer may be repeated. */
  outcome: { status: number; body: unknown } | null
  /** What it changed: noun and id. */
  touched: [noun: string, id: string][]
  /** The outcome is stored and what it changed is in the log: nobody has to redo anything. */
  done: boolean
}

export type Begun =
  { kind: 'new' } | { kind: 'done'; status: number; body: unknown } | { kind: 'running' } | { kind: 'mismatch' }

export const journalCollections: Collection[] = [
  { noun: 'commands', hot: false, indexes: [{ key: { at: 1 } }, { key: { node: 1 } }] },
  { noun: 'intake', hot: false, indexes: [{ key: { node: 1 } }] },
]

export class Journal {
  readonly #db: Db
  readonly #clock: Clock
  readonly #incarnation: string
  /** Is that node's lease gone, so that nobody will redo what it left? */
  readonly #isGone: (incarnation: string) => Promise<boolean>
  /** Begun here and neither finished nor given up. */
  #running = new Set<string>()

  constructor(db: Db, clock: Clock, incarnation: string, isGone: (incarnation: string) => Promise<boolean>) {
    this.#db = db
    this.#clock = clock
    this.#incarnation = incarnation
    this.#isGone = isGone
  }

  /** One durable record before any effect. An unknown outcome is repeated under the same `_id`. */
  async begin(record: Omit<CommandRecord, 'v' | 'node' | 'outcome' | 'touched' | 'done' | 'at'>): Promise<Begun> {
    const whole: CommandRecord = {
      ...record,
      v: 1,
      node: this.#incarnation,
      outcome: null,
      touched: [],
      done: false,
      at: this.#clock.now(),
    }
    try {
      await this.#commands().insertOne(whole)
      return this.#begun(record._id)
    } catch (error) {
      if (!isDuplicate(error)) throw error
    }
    const found = await this.#commands().findOne({ _id: record._id })
    if (!found) return { kind: 'running' }
    if (found.hash !== record.hash || found.route !== record.route) return { kind: 'mismatch' }
    if (found.outcome) return { kind: 'done', ...found.outcome }
    // Our own record, whose first answer was lost on the way, or whose first run was given up: the key asks for a second.
    const ours = found.trace === record.trace || (found.node === this.#incarnation && !this.#running.has(record._id))
    if (!ours && !(await this.#isGone(found.node))) return { kind: 'running' }
    if (found.node !== this.#incarnation) await this.#adopt(record._id)
    return this.#begun(record._id)
  }

  async finish(
    id: string,
    outcome: NonNullable<CommandRecord['outcome']>,
    touched: CommandRecord['touched'],
  ): Promise<void> {
    const done = touched.length === 0
    await this.#commands().updateOne({ _id: id, v: 1 }, { $set: { outcome, touched, done, v: 2, input: null } })
    this.#running.delete(id)
  }

  /** To be called when all that it changed is in the log. */
  async done(id: string): Promise<void> {
    await this.#commands().updateOne({ _id: id, v: 2 }, { $set: { done: true, v: 3 } })
  }

  /** Nothing happened (refused before any effect): the key may be used again. */
  async forget(id: string): Promise<void> {
    await this.#commands().deleteOne({ _id: id, v: 1 })
    this.#running.delete(id)
  }

  /** Something happened and its end is not known: the record stays open for the same key, or for whoever redoes it. */
  giveUp(id: string): void {
    this.#running.delete(id)
  }

  /** Commands that a dead node left open. Reads the collection: only on take-over, never for a request. */
  async openOf(incarnation: string): Promise<CommandRecord[]> {
    return this.#commands().find({ node: incarnation, done: false }).toArray()
  }

  /** Forgets commands older than a day. A scan on some databases: a clock's work, never a request's. */
  async expire(): Promise<void> {
    await this.#commands().deleteMany({ at: { $lt: this.#clock.now() - 24 * 3600_000 } })
  }

  /** Its node is gone and nobody was told to redo it: it lost its lease just before it wrote the record. */
  async #adopt(id: string): Promise<void> {
    await this.#commands().updateOne({ _id: id, v: 1 }, { $set: { node: this.#incarnation } })
  }

  #begun(id: string): Begun {
    this.#running.add(id)
    return { kind: 'new' }
  }

  #commands() {
    return documents<CommandRecord>(this.#db, 'commands')
  }
}

/** Stable hash of a command's input: the same key with another input is a mistake of the caller. */
export function inputHash(input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(input) ?? '')
    .digest('base64url')
}
