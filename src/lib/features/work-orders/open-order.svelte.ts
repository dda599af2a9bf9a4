import { OrderDetail, type LiveProgress, type OrderRow } from '#contract/work-orders'
import type { Problem } from '#wire'
import type { Connection } from '../../sync/connection.svelte.ts'
import { PinnedFeed } from '../../sync/pinned-feed.ts'
import { asProblem, get } from '../../sync/send.ts'
import { OrderLog } from './order-log.svelte.ts'

const mostRates = 120

/** The order whose detail is open: read again whenever its row changes, its log as it grows, its rate as it was. */
export class OpenOrder {
  detail = $state.raw<OrderDetail | null>(null)
  problem = $state.raw<Problem | null>(null)
  log = $state.raw<OrderLog | null>(null)
  /** Which attempt's log is shown. */
  attempt = $state(1)
  rates = $state.raw<readonly number[]>([])
  readonly #connection: Connection
  #id: string | null = null
  #asking: AbortController | null = null
  #leave: (() => void) | null = null
  /** Follows the current attempt until somebody looks at an earlier one. */
  #newest = true

  constructor(connection: Connection) {
    this.#connection = connection
  }

  open(id: string | null) {
    if (id === this.#id) return
    this.stop()
    this.#id = id
    this.detail = this.problem = null
    this.#newest = true
    this.rates = []
    if (id === null) return
    const feed: PinnedFeed<OrderRow> = new PinnedFeed<OrderRow>({
      view: 'work-orders',
      ask: () => ({ ids: [id] }),
      position: () => null,
      changed: () => (feed.held.version(id) ?? 0) > (this.detail?.v ?? 0) && void this.read(),
    })
    this.#leave = this.#connection.follow(feed)
    void this.read()
  }

  read = async (): Promise<void> => {
    const id = this.#id
    if (id === null) return
    this.#asking?.abort()
    const asking = (this.#asking = new AbortController())
    try {
      const detail = await get(`/api/v1/work-orders/${encodeURIComponent(id)}`, OrderDetail, asking.signal)
      // What is on the page stays; it says what is wrong with reading it anew.
      if (asking.signal.aborted || detail.v < (this.detail?.v ?? 0)) return
      this.detail = detail
      this.problem = null
      if (this.#newest && (this.attempt !== detail.attempt || !this.log)) this.#read(detail.attempt)
      else void this.log?.read()
    } catch (error) {
      if (!asking.signal.aborted) this.problem = asProblem(error)
    }
  }

  /** Several times a second while it runs. */
  heard(live: LiveProgress | null) {
    if (!live) return
    if (live.rate !== null) this.rates = [...this.rates.slice(1 - mostRates), live.rate]
    if (this.log && live.attempt === this.attempt && live.log > this.log.size) void this.log.read()
  }

  lookAt(attempt: number) {
    this.#newest = attempt === this.detail?.attempt
    this.#read(attempt)
  }

  stop() {
    this.#asking?.abort()
    this.#leave?.()
    this.#leave = null
    this.log?.stop()
    this.log = null
  }

  #read(attempt: number) {
    const { detail } = this
    if (!detail) return
    this.log?.stop()
    this.attempt = attempt
    const begun = detail.attempts.find(({ n }) => n === attempt)?.startedAt ?? detail.startedAt ?? detail.createdAt
    this.log = new OrderLog(detail.id, attempt, begun)
    void this.log.read()
  }
}
