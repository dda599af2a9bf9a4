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

const mostPerEntry = 300

export class Publisher {
  readonly #log: ChangeLog
  readonly #logger: Logger
  readonly #metrics: Metrics
  #waiting = new Map<string, Changed>()
  #sending = false
  #since: number | null = null
  #idle: (() => void)[] = []

  constructor(log: ChangeLog, logger: Logger, metrics: Metrics) {
    this.#log = log
    this.#logger = logger
    this.#metrics = metrics
  }

  publish(changed: Changed[]): void {
    for (const change of changed) {
      const key = `${change[0]} ${change[1]._id}`
      const before = this.#waiting.get(key)
      if (!before || before[1].v < change[1].v) this.#waiting.set(key, change)
    }
    this.#metrics.unpublished.set(this.#waiting.size)
    this.#since ??= performance.now()
    if (!this.#sending) void this.#send()
  }

  /** How long the oldest committed document waits, ms; 0 when nothing does. */
  behindFor(): number {
    return this.#since === null ? 0 : performance.now() - this.#since
  }

  /** Resolves when all given to `publish` so far is in the log. */
  async drained(): Promise<void> {
    if (this.#waiting.size === 0 && !this.#sending) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  async #send(): Promise<void> {
    this.#sending = true
    for (let wait = 20; this.#waiting.size > 0; ) {
      const batch = [...this.#waiting].slice(0, mostPerEntry)
      try {
        await this.#log.append(JSON.stringify(batch.map(([, change]) => change)))
        for (const [key, change] of batch) if (this.#waiting.get(key) === change) this.#waiting.delete(key)
        this.#since = this.#waiting.size ? performance.now() : null
        wait = 20
      } catch (error) {
        this.#logger.debug({ err: error }, 'publishing failed, trying again')
        await new Promise((resolve) => setTimeout(resolve, wait))
        wait = Math.min(wait * 2, 500)
      }
      this.#metrics.unpublished.set(this.#waiting.size)
    }
    this.#sending = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
