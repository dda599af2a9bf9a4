import type { SortedList } from './sorted-list.ts'

/**
 * What the operator sees of a sorted list. While a hand is on it, no row moves: rows change in place, new ones wait at
 * the gate, and those that no longer belong stay as `left` until the list is let go or shown anew.
 */
export class HeldList<T extends { id: string }> {
  shown: T[] = []
  readonly waiting = new Map<string, T>()
  readonly left = new Set<string>()
  held = false
  #truth: SortedList<T>
  #places = new Map<string, number>()

  constructor(truth: SortedList<T>) {
    this.#truth = truth
    this.show()
  }

  /** Another filter or order: whatever was held is let go. */
  replace(truth: SortedList<T>): void {
    this.#truth = truth
    this.show()
  }

  /** Let everything take its place. */
  show(): void {
    this.shown = this.#truth.rows.slice()
    this.waiting.clear()
    this.left.clear()
    this.#index()
  }

  hold(held: boolean): void {
    if (held === this.held) return
    this.held = held
    if (held) this.#index()
    else this.show()
  }

  /** After the truth has taken the same changes. */
  apply(changes: ReadonlyMap<string, T | null>): void {
    // An empty list has nothing that could move.
    if (!this.held || this.shown.length === 0) {
      this.show()
      return
    }
    const shown = this.shown.slice()
    for (const [id, row] of changes) {
      const place = this.#places.get(id)
      const belongs = this.#truth.has(id)
      if (place === undefined) {
        if (belongs && row) this.waiting.set(id, row)
        else this.waiting.delete(id)
        continue
      }
      if (row) shown[place] = row
      if (belongs) this.left.delete(id)
      else this.left.add(id)
    }
    this.shown = shown
  }

  #index() {
    this.#places = new Map(this.held ? this.shown.map((row, index) => [row.id, index]) : [])
  }
}
