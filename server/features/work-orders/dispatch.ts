/**
 * Who runs next. Bull gets only as many orders as there are free slots, so a waiting order has no job: pausing, fairness,
 * places in the line and an emptied Redis need nothing special. One node does this, the owner of the clock.
 */
import type { Core } from '../../core/core.ts'
import type { OrderKind } from '../../core/order-kind.ts'
import type { Wait, Waiting } from './contract.ts'
import { OrderDocs, type OrderDoc } from './model.ts'
import { readOrder } from './service.ts'
import type { StandingOrders } from './standing.ts'

interface Handed {
  attempt: number
  /** Monotonic; when it was handed or last looked after. */
  at: number
}

/** A handed order that nobody took for so long is looked after: the job may be lost, or the taking not yet told. */
const lookAfterMs = 2_000
const mostTold = 100

type Busy = Pick<Map<string, number>, 'get'>

export class Dispatcher {
  readonly #core: Core
  readonly #standing: StandingOrders
  readonly #kinds: ReadonlyMap<string, Pick<OrderKind, 'slots'>>
  #handed = new Map<string, Handed>()
  /** tenant → when it was last given a slot. */
  #served = new Map<string, number>()
  #turns = 0
  #seen = ''
  #told = new Map<string, string>()

  constructor(core: Core, standing: StandingOrders, kinds: ReadonlyMap<string, Pick<OrderKind, 'slots'>>) {
    this.#core = core
    this.#standing = standing
    this.#kinds = kinds
  }

  async tick(): Promise<void> {
    this.#forgetTaken()
    await this.#lookAfter()
    const seen = `${this.#standing.version} ${this.#slots()} ${this.#handed.size}`
    if (seen === this.#seen) return
    for (let order = this.next(); order; order = this.next()) await this.#hand(order)
    this.#seen = seen
  }

  /** The order that gets the next free slot; null: none is free, or nobody may have it. */
  next(): OrderDoc | null {
    const { busy, locked, perTenant, total } = this.#inFlight()
    if (total >= this.#slots()) return null
    const tenants = this.#standing.tenants.toSorted(
      (a, b) =>
        (perTenant.get(a) ?? 0) - (perTenant.get(b) ?? 0) ||
        (this.#served.get(a) ?? 0) - (this.#served.get(b) ?? 0) ||
        (a < b ? -1 : 1),
    )
    for (const tenant of tenants) {
      for (const order of this.#standing.waiting(tenant)) {
        if (!this.#handed.has(order._id) && this.#isFree(order, busy, locked)) return order
      }
    }
    return null
  }

  /** Why it waits, as this node sees it. */
  waitOf(order: OrderDoc): Wait | null {
    return order.state === 'scheduled' ? (this.#waitsOf(order.tenant, order._id)[order._id] ?? null) : null
  }

  /** Tells each tenant's screens why its first orders wait, when that changed. */
  tellWaits(): void {
    const tenants = new Set([...this.#standing.tenants, ...this.#told.keys()])
    for (const tenant of tenants) {
      const waits = this.#waitsOf(tenant)
      const text = JSON.stringify(waits)
      if ((this.#told.get(tenant) ?? '{}') === text) continue
      this.#core.changes.tell(tenant, 'work-orders', 'waiting', waits)
      if (text === '{}') this.#told.delete(tenant)
      else this.#told.set(tenant, text)
    }
  }

  #slots(): number {
    let sum = 0
    for (const slots of this.#core.leases.workers.values()) sum += slots
    return sum
  }

  #inFlight() {
    const busy = new Map<string, number>()
    const perTenant = new Map<string, number>()
    const locked = new Map<string, OrderDoc>()
    const handed = [...this.#handed.keys()].flatMap((id) => this.#core.views.get(OrderDocs, id) ?? [])
    const all = [...this.#standing.running.values(), ...handed]
    for (const order of all) {
      busy.set(order.type, (busy.get(order.type) ?? 0) + 1)
      perTenant.set(order.tenant, (perTenant.get(order.tenant) ?? 0) + 1)
      if (order.lock !== null) locked.set(order.lock, order)
    }
    return { busy, perTenant, locked, total: all.length }
  }

  #isFree(order: OrderDoc, busy: Busy, locked: ReadonlyMap<string, OrderDoc>): boolean {
    if (order.hold || order.resuming || (order.lock !== null && locked.has(order.lock))) return false
    return (busy.get(order.type) ?? 0) < this.#mostOf(order.type)
  }

  /** A kind this build does not know (an older node during an upgrade) waits for one that does. */
  #mostOf(type: string): number {
    return this.#kinds.get(type)?.slots ?? 0
  }

  async #hand({ _id: order, attempt, tenant }: OrderDoc): Promise<void> {
    await this.#core.jobs.hand('order', `${order}:${attempt}`, { order, attempt })
    this.#handed.set(order, { attempt, at: this.#core.clock.monotonic() })
    this.#served.set(tenant, ++this.#turns)
  }

  #forgetTaken(): void {
    for (const [id, { attempt }] of this.#handed) {
      const order = this.#core.views.get(OrderDocs, id)
      if (order?.state !== 'scheduled' || order.attempt !== attempt) this.#handed.delete(id)
    }
  }

  /** Told or lost? What the database says and the views do not know yet is told; a lost job is handed over again. */
  async #lookAfter(): Promise<void> {
    const now = this.#core.clock.monotonic()
    for (const [id, handed] of this.#handed) {
      if (now - handed.at < lookAfterMs) continue
      handed.at = now
      const order = await readOrder(this.#core, id)
      if (order?.state === 'scheduled' && order.attempt === handed.attempt) {
        if (!(await this.#core.jobs.holds('order', `${id}:${handed.attempt}`))) this.#handed.delete(id)
      } else if (order && this.#core.views.take(OrderDocs, order)) this.#core.changes.republish(OrderDocs, [order])
    }
  }

  /** All of a tenant that are told, or the one that is asked for. */
  #waitsOf(tenant: string, only?: string): Waiting {
    const { busy, locked } = this.#inFlight()
    const waits: Waiting = {}
    const waiting = this.#standing.waiting(tenant)
    const most = only ? waiting.length : Math.min(waiting.length, mostTold)
    for (let at = 0; at < most; at++) {
      const order = waiting[at]
      if (order && (!only || order._id === only)) waits[order._id] = this.#whyWaits(order, at, busy, locked)
    }
    return waits
  }

  #whyWaits(order: OrderDoc, ahead: number, busy: Busy, locked: ReadonlyMap<string, OrderDoc>): Wait {
    if (this.#slots() === 0) return { why: 'no-worker' }
    if (this.#handed.has(order._id)) return { why: 'starting' }
    const by = order.lock === null ? undefined : locked.get(order.lock)
    if (by) return { why: 'locked', by: by.number }
    if ((busy.get(order.type) ?? 0) >= this.#mostOf(order.type)) return { why: 'concurrency', n: ahead }
    return { why: 'ahead', n: ahead }
  }
}
