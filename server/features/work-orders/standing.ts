/** Which orders somebody has business with, kept current by the views' news: a look costs what is due, not what is there. */
import type { Core } from '../../core/core.ts'
import type { OrderState } from './contract.ts'
import { repeats } from './decide.ts'
import { OrderDocs, type OrderDoc } from './model.ts'

export class StandingOrders {
  /** tenant → scheduled ones by place. */
  readonly #waiting = new Map<string, Map<string, OrderDoc>>()
  readonly #sorted = new Map<string, OrderDoc[]>()
  readonly running = new Map<string, OrderDoc>()
  readonly unsettled = new Map<string, OrderDoc>()
  readonly repeating = new Map<string, OrderDoc>()
  readonly resuming = new Map<string, OrderDoc>()
  readonly held = new Map<string, OrderDoc>()
  /** Day of the end → ids, for the way into history. */
  readonly #ended = new Map<number, Set<string>>()
  readonly counts: Record<OrderState, number>
  /** Grows with every change: who looked at it knows whether anything is new. */
  version = 0

  constructor(core: Pick<Core, 'views'>) {
    this.counts = { scheduled: 0, paused: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 }
    core.views.onChange((collection, doc, before) => {
      if (collection.noun !== OrderDocs.noun) return
      // Nouns name one shape each.
      if (before && !before.gone) this.#drop(before as OrderDoc)
      if (!doc.gone) this.#add(doc as OrderDoc)
      this.version++
    })
  }

  get tenants(): string[] {
    return [...this.#waiting.keys()]
  }

  /** Scheduled orders of a tenant, the one that waits longest first. */
  waiting(tenant: string): readonly OrderDoc[] {
    let sorted = this.#sorted.get(tenant)
    if (!sorted) {
      sorted = [...(this.#waiting.get(tenant)?.values() ?? [])]
      sorted.sort((a, b) => a.createdAt - b.createdAt || (a._id < b._id ? -1 : 1))
      this.#sorted.set(tenant, sorted)
    }
    return sorted
  }

  oldestWaiting(): number | null {
    let oldest: number | null = null
    for (const tenant of this.tenants) {
      const first = this.waiting(tenant)[0]?.createdAt
      if (first !== undefined && (oldest === null || first < oldest)) oldest = first
    }
    return oldest
  }

  /** Ended on that day (days since the epoch) or before. */
  endedUntil(day: number): string[] {
    return [...this.#ended].flatMap(([one, ids]) => (one <= day ? [...ids] : []))
  }

  #add(doc: OrderDoc): void {
    const { _id: id } = doc
    this.counts[doc.state]++
    if (doc.state === 'scheduled') this.#wait(doc)
    if (doc.holder) this.running.set(id, doc)
    if (doc.unsettled && !doc.holder) this.unsettled.set(id, doc)
    if (repeats(doc) && !doc.unsettled) this.repeating.set(id, doc)
    if (doc.resuming) this.resuming.set(id, doc)
    if (doc.hold) this.held.set(id, doc)
    if (doc.endedAt !== null && (doc.state !== 'failed' || !repeats(doc)))
      bucket(this.#ended, dayOf(doc.endedAt)).add(id)
  }

  #drop(doc: OrderDoc): void {
    const { _id: id, tenant } = doc
    this.counts[doc.state]--
    for (const map of [this.running, this.unsettled, this.repeating, this.resuming, this.held]) map.delete(id)
    if (doc.state === 'scheduled') {
      this.#waiting.get(tenant)?.delete(id)
      if (this.#waiting.get(tenant)?.size === 0) this.#waiting.delete(tenant)
      this.#sorted.delete(tenant)
    }
    if (doc.endedAt !== null) {
      const day = dayOf(doc.endedAt)
      this.#ended.get(day)?.delete(id)
      if (this.#ended.get(day)?.size === 0) this.#ended.delete(day)
    }
  }

  #wait(doc: OrderDoc): void {
    let waiting = this.#waiting.get(doc.tenant)
    if (!waiting) this.#waiting.set(doc.tenant, (waiting = new Map<string, OrderDoc>()))
    waiting.set(doc._id, doc)
    this.#sorted.delete(doc.tenant)
  }
}

export const dayOf = (at: number) => Math.floor(at / (24 * 3600_000))

function bucket(days: Map<number, Set<string>>, day: number): Set<string> {
  let ids = days.get(day)
  if (!ids) days.set(day, (ids = new Set()))
  return ids
}
