import type { DesktopRow } from '#contract/inventory'
import type { Connection } from '../../sync/connection.svelte.ts'
import { PinnedFeed } from '../../sync/pinned-feed.ts'

/** A few desktops, live: their state decides what may be done with their snapshots. */
export class DesktopRows {
  #rows = $state.raw<ReadonlyMap<string, DesktopRow>>(new Map())
  #answered = $state.raw<ReadonlySet<string>>(new Set())
  readonly #connection: Connection
  #ids: readonly string[] = []
  #leave: (() => void) | null = null

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** undefined: not known yet; null: it is gone. */
  get(id: string): DesktopRow | null | undefined {
    return this.#rows.get(id) ?? (this.#answered.has(id) ? null : undefined)
  }

  follow(ids: readonly string[]) {
    if (ids.join() === this.#ids.join()) return
    this.stop()
    this.#ids = ids
    if (ids.length === 0) return
    const feed: PinnedFeed<DesktopRow> = new PinnedFeed<DesktopRow>({
      view: 'desktops',
      ask: () => ({ ids: [...ids] }),
      position: () => null,
      changed: () => {
        this.#rows = new Map([...feed.held.rows].filter(([id]) => !feed.held.gone.has(id)))
        // No room: it was forgotten, and is answered anew.
        this.#answered = new Set(feed.held.room === null ? [] : ids)
      },
    })
    this.#leave = this.#connection.follow(feed)
  }

  stop() {
    this.#leave?.()
    this.#leave = null
    this.#ids = []
    this.#rows = new Map()
    this.#answered = new Set()
  }
}
