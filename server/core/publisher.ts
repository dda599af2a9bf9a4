/**
 * Puts committed documents into the change log, in order, until it is known that they are in (S2, S6).
 * While Redis is away the newest version of each document waits; writes go on.
 */
import type { Logger } from 'pino'
import type { Doc } from './feature.ts'
import type { ChangeLog } from './log.ts'
import type { Metrics } from './metrics.ts'

/** Payload of an entry: [noun, document] pairs. */
export type Changed = [noun: string, doc: Doc]

interface Given {
  ticket: number
  at: number
}

interface Unsent {
  change: Changed
  /** When the oldest version that is not in the log was given. */
  first: Given
  /** The same, counting only versions given since the last sending began. */
  since: Given | null
}

/** A frame ends where an entry ends (S9), so an entry holds no more than a frame should. */
const mostPerEntry = 40

export class Publisher {
  readonly #log: Pick<ChangeLog, 'append'>
  readonly #logger: Logger
  readonly #metrics: Pick<Metrics, 'unpublished'>
  #waiting = new Map<string, Unsent>()
  #sending = false
  #tickets = 0
  #drains: { ticket: number; resolve: () => void }[] = []

  constructor(log: Pick<ChangeLog, 'append'>, logger: Logger, metrics: Pick<Metrics, 'unpublished'>) {
    this.#log = log
    this.#logger = logger
    this.#metrics = metrics
  }

  publish(changed: Changed[]): void {
    const given = { ticket: ++this.#tickets, at: performance.now() }
    for (const change of changed) {
      const key = `${change[0]} ${change[1]._id}`
      const before = this.#waiting.get(key)
      if (!before) this.#waiting.set(key, { change, first: given, since: null })
      else if (before.change[1].v < change[1].v) Object.assign(before, { change, since: before.since ?? given })
    }
    this.#metrics.unpublished.set(this.#waiting.size)
    if (!this.#sending) void this.#send()
  }

  /** How long the oldest committed document waits, ms; 0 when nothing does. */
  behindFor(): number {
    let oldest = Infinity
    for (const { first } of this.#waiting.values()) oldest = Math.min(oldest, first.at)
    return oldest === Infinity ? 0 : performance.now() - oldest
  }

  /** Resolves when all given to `publish` so far is in the log; what is given later does not prolong it. */
  async drained(): Promise<void> {
    if (this.#waiting.size === 0) return
    await new Promise<void>((resolve) => this.#drains.push({ ticket: this.#tickets, resolve }))
  }

  async #send(): Promise<void> {
    this.#sending = true
    for (let wait = 20; this.#waiting.size > 0;) {
      const batch = this.#nextBatch()
      try {
        await this.#log.append(JSON.stringify(batch.map(([, change]) => change)))
        for (const [key, change] of batch) this.#sent(key, change)
        this.#resolveDrains()
        wait = 20
      } catch (error) {
        this.#logger.debug({ err: error }, 'publishing failed, trying again')
        await new Promise((resolve) => setTimeout(resolve, wait))
        wait = Math.min(wait * 2, 500)
      }
      this.#metrics.unpublished.set(this.#waiting.size)
    }
    this.#sending = false
  }

  #nextBatch(): [key: string, change: Changed][] {
    const batch: [string, Changed][] = []
    for (const [key, unsent] of this.#waiting) {
      if (batch.length === mostPerEntry) break
      unsent.since = null
      batch.push([key, unsent.change])
    }
    return batch
  }

  /** A newer version that came meanwhile goes to the end of the line. */
  #sent(key: string, change: Changed): void {
    const unsent = this.#waiting.get(key)
    this.#waiting.delete(key)
    if (unsent && unsent.change !== change) this.#waiting.set(key, { ...unsent, first: unsent.since ?? unsent.first })
  }

  #resolveDrains(): void {
    if (this.#drains.length === 0) return
    let oldest = Infinity
    for (const { first } of this.#waiting.values()) oldest = Math.min(oldest, first.ticket)
    const [done, open] = [
      this.#drains.filter(({ ticket }) => ticket < oldest),
      this.#drains.filter(({ ticket }) => ticket >= oldest),
    ]
    this.#drains = open
    for (const { resolve } of done) resolve()
  }
}
