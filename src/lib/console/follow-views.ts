import type { OrderRow } from '#contract/work-orders'
import type { Connection } from '../sync/connection.svelte.ts'
import { chrome } from './chrome.svelte.ts'
import type { Live } from './live.ts'

/** Saved views are not needed for the first paint. */
export async function followViews(live: Live): Promise<() => void> {
  const { SavedViewList } = await import('../features/saved-views/views.svelte.ts')
  const views = new SavedViewList(live)
  const leave = views.follow()
  chrome.views = views
  return () => {
    leave()
    chrome.views = null
  }
}

/** How many orders are open, for the rail: rows of a few of them, no last values, whatever the page. */
export async function followOrders(connection: Connection): Promise<() => void> {
  const { PinnedList } = await import('../sync/pinned-list.ts')
  const filter = { state: ['running', 'scheduled', 'paused'] }
  const list: InstanceType<typeof PinnedList<OrderRow>> = new PinnedList<OrderRow>(
    connection,
    { view: 'work-orders', filter, sort: 'newest' },
    () => true,
    { changed: () => (chrome.openOrders = list.state.matching), noticed: () => undefined },
  )
  return () => {
    list.stop()
    chrome.openOrders = null
  }
}
