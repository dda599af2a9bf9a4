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
