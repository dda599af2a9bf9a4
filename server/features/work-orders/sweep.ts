/** What is found and put right by the clock: lost workers, ends that nobody was told of, holds of dead nodes. */
import type { Core } from '../../core/core.ts'
import type { EndedOrder, OrderKind } from '../../core/order-kind.ts'
import { again, interrupted, repeats, resumed } from './decide.ts'
import type { OrderDoc } from './model.ts'
import { changeOrder } from './service.ts'
import type { StandingOrders } from './standing.ts'

/** A worker's lease that is gone for so long is nobody's; one that has just come is given time to be seen. */
const goneMs = 1_000
const atOnce = 50

export class Sweep {
  readonly #core: Core
  readonly #standing: StandingOrders
  readonly #kinds: ReadonlyMap<string, OrderKind>

  constructor(core: Core, standing: StandingOrders, kinds: ReadonlyMap<string, OrderKind>) {
    this.#core = core
    this.#standing = standing
    this.#kinds = kinds
  }

  /** In this order: an end is told to its room before the next attempt begins. */
  async tick(): Promise<void> {
    await this.#each(this.#standing.held, (doc) => this.#freeHold(doc))
    await this.#each(this.#standing.running, (doc) => this.#interruptLost(doc))
    await this.#each(this.#standing.unsettled, (doc) => this.#settle(doc))
    await this.#each(this.#standing.resuming, (doc) => this.#resume(doc))
    await this.#each(this.#standing.repeating, (doc) => this.#repeat(doc))
  }

  async #each(orders: ReadonlyMap<string, OrderDoc>, work: (doc: OrderDoc) => Promise<void>): Promise<void> {
    const due = [...orders.values()]
    for (let at = 0; at < due.length; at += atOnce) {
      await Promise.all(
        due.slice(at, at + atOnce).map(async (doc) => {
          try {
            await work(doc)
          } catch (error) {
            // One room's trouble is not the others': the next look tries again.
            this.#core.logger.warn({ err: error, order: doc._id }, 'an order could not be looked after')
          }
        }),
      )
    }
  }

  async #interruptLost(doc: OrderDoc): Promise<void> {
    const worker = doc.holder?.worker
    if (!worker || !this.#core.leases.goneFor(worker, goneMs)) return
    const result = await changeOrder(this.#core, doc, (now) => interrupted(now, worker, this.#core.clock.now()))
    if (!result.ok) return
    this.#core.changes.tell(doc.tenant, 'work-orders', `p:${doc._id}`, null)
    if (result.doc.state === 'failed') this.#core.metrics.ordersInterrupted.inc()
    this.#core.logger.warn({ order: doc._id, worker, attempt: doc.attempt }, 'an order lost its worker')
  }

  async #settle(doc: OrderDoc): Promise<void> {
    await this.#kinds.get(doc.type)?.settle(this.#core, endOf(doc), doc.input)
    await changeOrder(this.#core, doc, (now) => (now.unsettled && !now.holder ? { ...now, unsettled: false } : null))
  }

  async #resume(doc: OrderDoc): Promise<void> {
    const { _id: id, tenant, number } = doc
    const why = (await this.#kinds.get(doc.type)?.resume(this.#core, { id, tenant, number }, doc.input)) ?? null
    await changeOrder(this.#core, doc, (now) => resumed(now, why, this.#core.clock.now()))
  }

  async #repeat(doc: OrderDoc): Promise<void> {
    const n = doc.attempt
    const result = await changeOrder(this.#core, doc, (now) =>
      now.attempt === n && repeats(now) && !now.unsettled && !now.hold ? again(now) : null,
    )
    if (result.ok) this.#core.logger.info({ order: doc._id, attempt: n + 1 }, 'an interrupted order is scheduled again')
  }

  /** Its node died between holding and deciding, and its redo has ended too. */
  async #freeHold(doc: OrderDoc): Promise<void> {
    const { hold } = doc
    if (!hold || !this.#core.leases.goneFor(hold.node, goneMs)) return
    await changeOrder(this.#core, doc, (now) => (now.hold?.command === hold.command ? { ...now, hold: null } : null))
  }
}

function endOf(doc: OrderDoc): EndedOrder {
  return {
    id: doc._id,
    tenant: doc.tenant,
    number: doc.number,
    state: doc.state === 'succeeded' || doc.state === 'cancelled' ? doc.state : 'failed',
    attempt: doc.attempt,
    subject: doc.subject?.id ?? null,
    createdBy: doc.createdBy,
    outputs: Object.fromEntries(doc.steps.map(({ name, output }) => [name, output])),
    error: doc.error,
    willRepeat: repeats(doc),
  }
}
