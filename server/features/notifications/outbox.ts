/**
 * Sends what is due, on the node that owns the clock: claimed by compare-and-set before, settled after. A node that
 * dies in between leaves a claim that runs out, and the next owner sends again under the same id: at least once.
 */
import type { Core } from '../../core/core.ts'
import { Due } from '../../core/due.ts'
import type { Channel } from './contract.ts'
import { DeliveryDocs, type DeliveryDoc } from './model.ts'

export type Outcome =
  | { sent: true }
  /** `final`: the same again cannot go well. */
  | { sent: false; reason: string; final: boolean; retryAfterMs?: number }

export type Sender = (delivery: DeliveryDoc) => Promise<Outcome>

const mostAtOnce = 16
/** A receiver that hangs holds up itself only. */
const mostPerTarget = 2
const claimMs = 30_000
const longestPauseMs = 3600_000

export class Outbox {
  readonly #core: Core
  readonly #senders: Record<Channel, Sender>
  readonly #due = new Due()
  readonly #running = new Map<string, { target: string; done: Promise<void> }>()
  #stopped = false

  constructor(core: Core, senders: Record<Channel, Sender>) {
    this.#core = core
    this.#senders = senders
    core.views.onChange((collection, doc) => {
      if (collection.noun !== DeliveryDocs.noun) return
      // Nouns name one shape each.
      const delivery = doc as DeliveryDoc
      this.#due.set(delivery._id, delivery.gone ? null : delivery.nextAt)
      core.metrics.deliveriesWaiting.set(this.#due.size)
    })
  }

  /** Starts what is due and does not wait for it: a slow receiver must not stop the clock. */
  tick(now: number): void {
    for (const id of this.#due.until(now)) {
      if (this.#stopped || this.#running.size >= mostAtOnce) return
      const delivery = this.#core.views.get(DeliveryDocs, id)
      if (!delivery || delivery.nextAt === null || delivery.nextAt > now || this.#running.has(id)) continue
      if (this.#busyWith(delivery.target) >= mostPerTarget) continue
      const done = this.#run(delivery)
        .catch((error: unknown) => this.#core.logger.warn({ err: error, delivery: id }, 'a delivery stays claimed'))
        .finally(() => this.#running.delete(id))
      this.#running.set(id, { target: delivery.target, done })
    }
  }

  /** What is on its way arrives or fails first. */
  async drain(): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  #busyWith(target: string): number {
    let n = 0
    for (const running of this.#running.values()) if (running.target === target) n++
    return n
  }

  async #run(delivery: DeliveryDoc): Promise<void> {
    const claimed = await this.#write({
      ...delivery,
      state: 'sending',
      attempts: delivery.attempts + 1,
      nextAt: this.#core.clock.now() + claimMs,
    })
    if (!claimed) return
    const outcome = await this.#attempt(claimed)
    const settled = this.#settle(claimed, outcome)
    this.#core.metrics.deliveries.inc({
      channel: claimed.channel,
      outcome: settled.state === 'waiting' ? 'repeated' : settled.state,
    })
    if (!outcome.sent)
      this.#core.logger.info(
        { delivery: claimed._id, state: settled.state, reason: outcome.reason },
        'a delivery did not arrive',
      )
    await this.#write(settled)
  }

  async #attempt(delivery: DeliveryDoc): Promise<Outcome> {
    try {
      return await this.#senders[delivery.channel](delivery)
    } catch (error) {
      return { sent: false, reason: `network: ${error instanceof Error ? error.message : String(error)}`, final: false }
    }
  }

  #settle(delivery: DeliveryDoc, outcome: Outcome): DeliveryDoc {
    const now = this.#core.clock.now()
    if (outcome.sent) return { ...delivery, state: 'sent', nextAt: null, settledAt: now, reason: null }
    const reason = outcome.reason.slice(0, 300)
    if (outcome.final || delivery.attempts >= this.#core.config.DELIVERY_ATTEMPTS)
      return { ...delivery, state: 'failed', nextAt: null, settledAt: now, reason }
    const pause = pauseAfter(delivery.attempts, this.#core.config.DELIVERY_PAUSE_MS)
    const wait = Math.max(pause, Math.min(outcome.retryAfterMs ?? 0, longestPauseMs))
    return { ...delivery, state: 'waiting', nextAt: now + wait, reason }
  }

  /** null: somebody else was first. */
  async #write(doc: DeliveryDoc): Promise<DeliveryDoc | null> {
    const [written] = await this.#core.changes.write([{ collection: DeliveryDocs, doc, base: doc.v }])
    return written?.ok ? { ...doc, v: written.doc.v } : null
  }
}

/** 5 s, 15 s, 45 s, …, an hour at most. */
export const pauseAfter = (attempts: number, firstMs: number) => Math.min(firstMs * 3 ** (attempts - 1), longestPauseMs)
