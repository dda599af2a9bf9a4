/**
 * Cuts of a room for paged snapshots (S11): the ids in the view's default order, shared by all who ask within a second.
 * Pages answer the rows of those ids as they are when asked for, so a page may be newer than its cut, never older.
 */
export interface Cut {
  key: string
  /** Log position the ids were taken at: who shares the cut later also gets the delta since. */
  epoch: number
  seq: number
  ids: readonly string[]
  at: number
}

export const PAGE = 200

export class Cuts {
  #now: () => number
  #pageSize: number
  #shareMs: number
  #keepMs: number
  #made = 0
  #latest = new Map<string, Cut>()
  #byKey = new Map<string, Cut>()

  constructor(options: { now: () => number; pageSize?: number; shareMs?: number; keepMs?: number }) {
    this.#now = options.now
    this.#pageSize = options.pageSize ?? PAGE
    this.#shareMs = options.shareMs ?? 1_000
    this.#keepMs = options.keepMs ?? 120_000
  }

  /** The room's fresh cut, or a new one. A cut of another epoch is not shared: no delta leads from it to now. */
  of(room: string, epoch: number, seq: number, ids: () => readonly string[]): Cut {
    const now = this.#now()
    const latest = this.#latest.get(room)
    if (latest && latest.epoch === epoch && now - latest.at < this.#shareMs) return latest
    return this.make(room, epoch, seq, ids)
  }

  /** A new cut even when a fresh one is shared (the delta since that one is no longer possible). */
  make(room: string, epoch: number, seq: number, ids: () => readonly string[]): Cut {
    const cut = { key: `${room}#${++this.#made}`, epoch, seq, ids: ids(), at: this.#now() }
    this.#latest.set(room, cut)
    this.#byKey.set(cut.key, cut)
    this.trim()
    return cut
  }

  /** Pages after the first. */
  more(cut: Cut): { cut: string; pages: number } | undefined {
    const pages = Math.ceil(cut.ids.length / this.#pageSize) - 1
    return pages > 0 ? { cut: cut.key, pages } : undefined
  }

  /** Ids of a page (0 is the one in the `sub` answer); null: the cut is no longer kept, subscribe again without cursor. */
  page(room: string, key: string, page: number): readonly string[] | null {
    const cut = this.#byKey.get(key)
    if (!cut || this.#roomOf(key) !== room) return null
    return cut.ids.slice(page * this.#pageSize, (page + 1) * this.#pageSize)
  }

  trim(): void {
    const old = this.#now() - this.#keepMs
    for (const [key, cut] of this.#byKey) {
      if (cut.at > old) break
      this.#byKey.delete(key)
      if (this.#latest.get(this.#roomOf(key)) === cut) this.#latest.delete(this.#roomOf(key))
    }
  }

  #roomOf(key: string): string {
    return key.slice(0, key.lastIndexOf('#'))
  }
}
