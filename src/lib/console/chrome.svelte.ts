import type { SavedViewList } from '../features/saved-views/views.svelte.ts'

/** What floats above every page of the console, and what its rail knows of the lists. */
class Chrome {
  palette = $state(false)
  keys = $state(false)
  /** Comes after the first paint. */
  views = $state.raw<SavedViewList | null>(null)
  /** null: not known yet, or not this role's business. */
  openOrders = $state<number | null>(null)
}

export const chrome = new Chrome()
