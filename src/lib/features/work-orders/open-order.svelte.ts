import { OrderDetail, type LiveProgress, type OrderRow } from '#contract/work-orders'
import { OpenItem } from '../../lists/open-item.svelte.ts'
import type { Connection } from '../../sync/connection.svelte.ts'
import { OrderLog } from './order-log.svelte.ts'

const mostRates = 120

/** The order whose detail is open, with its log as it grows and its rate as it was. */
export class OpenOrder extends OpenItem<OrderRow, OrderDetail> {
  log = $state.raw<OrderLog | null>(null)
  /** Which attempt's log is shown. */
  attempt = $state(1)
  rates = $state.raw<readonly number[]>([])
  /** Follows the current attempt until somebody looks at an earlier one. */
  #newest = true

  constructor(connection: Connection) {
    super(connection, 'work-orders', OrderDetail)
  }

  /** Several times a second while it runs. */
  heard(live: LiveProgress | null) {
    if (!live) return
    if (live.rate !== null) this.rates = [...this.rates.slice(1 - mostRates), live.rate]
    if (this.log && live.attempt === this.attempt && live.log > this.log.size) void this.log.read()
  }

  lookAt(attempt: number) {
    this.#newest = attempt === this.detail?.attempt
    if (this.detail) this.#read(this.detail, attempt)
  }

  override stop() {
    super.stop()
    this.log?.stop()
    this.log = null
    this.#newest = true
    this.rates = []
  }

  protected override took(detail: OrderDetail) {
    if (this.#newest && (this.attempt !== detail.attempt || !this.log)) this.#read(detail, detail.attempt)
    else void this.log?.read()
  }

  #read(detail: OrderDetail, attempt: number) {
    this.log?.stop()
    this.attempt = attempt
    const begun = detail.attempts.find(({ n }) => n === attempt)?.startedAt ?? detail.startedAt ?? detail.createdAt
    this.log = new OrderLog(detail.id, attempt, begun)
    void this.log.read()
  }
}
