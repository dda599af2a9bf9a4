/**
 * A window by rank of a filtered, sorted view, computed once for all who hold it (S10). Pure: the caller ranks,
 * this remembers what was pushed and says what changed.
 */
import type { Cursor, Row, WindowPush } from '../wire.ts'

export interface Ranking<T> {
  /** Ids in rank order, only those inside the window. */
  order: readonly string[]
  row: (id: string) => Row<T> | undefined
  /** Log position of the views that were ranked. */
  at?: Cursor
  /** Rows that match the filter. */
  total: number
  values: Record<string, unknown>
}

export class LiveWindow<T = unknown> {
  readonly room: string
  #n = 0
  #rows = new Map<string, Row<T>>()
  #order: string[] = []
  #total = 0
  #values: Record<string, unknown> = {}

  constructor(room: string, ranking: Ranking<T>) {
    this.room = room
    this.push(ranking)
    this.#n = 0
  }

  /** Counter of the last push, for `hb.heads`: a lost last push is found by it. */
  get n(): number {
    return this.#n
  }

  /** What a new holder gets: state as of the last push, so that the next push fits. */
  state(): { order: string[]; rows: Row<T>[]; total: number; k: Record<string, unknown>; n: number } {
    return { order: this.#order, rows: [...this.#rows.values()], total: this.#total, k: this.#values, n: this.#n }
  }

  /** At most once a second; null when nothing that is held has changed. */
  push(ranking: Ranking<T>): WindowPush | null {
    const rows = new Map<string, Row<T>>()
    const changed: Row<T>[] = []
    const order: string[] = []
    for (const id of ranking.order) {
      const row = ranking.row(id)
      if (!row || row[2] === null) continue
      order.push(id)
      rows.set(id, row)
      const before = this.#rows.get(id)
      if (!before || before[1] < row[1]) changed.push(row)
    }
    const moved = order.length !== this.#order.length || order.some((id, i) => id !== this.#order[i])
    const told = JSON.stringify(ranking.values) !== JSON.stringify(this.#values)
    if (!moved && !told && changed.length === 0 && ranking.total === this.#total) return null
    this.#rows = rows
    this.#order = order
    this.#total = ranking.total
    this.#values = ranking.values
    const push: WindowPush = {
      r: this.room,
      n: ++this.#n,
      rows: changed,
      total: ranking.total,
      k: ranking.values,
      ...ranking.at,
    }
    return moved ? { ...push, order } : push
  }
}
