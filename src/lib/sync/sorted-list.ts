/** Rows that match, in order, kept so change by change: no full sort per frame, whatever the size. */
export class SortedList<T extends { id: string }> {
  rows: T[] = []
  readonly #held = new Map<string, T>()
  readonly #compare: (a: T, b: T) => number
  readonly #matches: (row: T) => boolean

  constructor(compare: (a: T, b: T) => number, matches: (row: T) => boolean) {
    this.#compare = compare
    this.#matches = matches
  }

  has(id: string): boolean {
    return this.#held.has(id)
  }

  get(id: string): T | undefined {
    return this.#held.get(id)
  }

  load(rows: Iterable<T>): void {
    this.#held.clear()
    for (const row of rows) if (this.#matches(row)) this.#held.set(row.id, row)
    this.#sort()
  }

  /** null: the row is gone. */
  apply(changes: ReadonlyMap<string, T | null>): void {
    if (changes.size > 64 && changes.size > this.rows.length / 8) {
      for (const [id, row] of changes) {
        if (row && this.#matches(row)) this.#held.set(id, row)
        else this.#held.delete(id)
      }
      this.#sort()
      return
    }
    for (const [id, row] of changes) this.#move(id, row)
  }

  #sort() {
    this.rows = [...this.#held.values()].sort(this.#compare)
  }

  #move(id: string, row: T | null) {
    const before = this.#held.get(id)
    const stays = row !== null && this.#matches(row)
    if (before) {
      const at = this.#find(before)
      if (stays && this.#compare(before, row) === 0) {
        this.rows[at] = row
        this.#held.set(id, row)
        return
      }
      this.rows.splice(at, 1)
      this.#held.delete(id)
    }
    if (!stays) return
    this.rows.splice(this.#find(row), 0, row)
    this.#held.set(id, row)
  }

  /** First position whose row does not come before this one; orders are total, so an equal row is the row itself. */
  #find(row: T): number {
    let low = 0
    let high = this.rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      const probe = this.rows[middle]
      if (probe && this.#compare(probe, row) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
