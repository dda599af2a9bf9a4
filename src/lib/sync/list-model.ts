/** Rows by rank; some may not be here yet. An array is one. */
export interface Ranks<T> {
  readonly length: number
  at: (rank: number) => T | undefined
}

/** What a list shows, and what waits for the hand to go away. */
export interface ListState<T> {
  rows: Ranks<T>
  /** The view's counters over rows that match and are not shown yet; empty: there are none. */
  waiting: Readonly<Record<string, number>>
  /** How many that are shown do not match any more. */
  left: number
  hasLeft: (row: T) => boolean
  /** How many match, the waiting ones too. */
  matching: number
  /** Known at all. */
  ready: boolean
}

/** A list, whether all of it is here or only what is looked at: the page does not know which. */
export interface ListModel<T> {
  readonly state: ListState<T>
  /** While held nothing moves. */
  hold: (held: boolean) => void
  /** Everything takes its place. */
  show: () => void
  /** Ranks on the screen. */
  look: (from: number, to: number) => void
  rankOf: (id: string) => number
  get: (id: string) => T | undefined
  /** The version on the screen; undefined: not here. */
  version: (id: string) => number | undefined
  stop: () => void
}

export interface Hooks<T> {
  /** The state is another one. */
  changed: () => void
  /** A row that is here has changed. */
  noticed: (before: T, after: T) => void
}
