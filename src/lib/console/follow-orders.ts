import type { OrderRow } from '#contract/work-orders'
import type { Connection } from '../sync/connection.svelte.ts'
import { PinnedList } from '../sync/pinned-list.ts'
import { chrome } from './chrome.svelte.ts'

/** How many orders are open, for the rail: rows of a few of them, no last values, whatever the page. */
export function followOrders(connection: Connection): () => void {
  const filter = { state: ['running', 'scheduled', 'paused'] }
  const asked = { view: 'work-orders', filter, sort: 'newest' }
  const changed = () => (chrome.openOrders = list.state.matching)
  const list: PinnedList<OrderRow> = new PinnedList<OrderRow>(connection, asked, () => true, {
    changed,
    noticed: () => undefined,
  })
  return () => {
    list.stop()
    chrome.openOrders = null
  }
}
