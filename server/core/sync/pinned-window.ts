/**
 * Rows by fixed ids, as they are now (S10): a stretch of an order held still, or the few a page has open. Nothing in it
 * ever moves; a row that is gone says so. Pure: the caller looks up, this remembers what was pushed.
 */
import type { Cursor, PinState, Row, WindowPush } from '../wire.ts'

export interface Standing {
  row: (id: string) => Row<object> | undefined
  at: Cursor
  pin?: PinState
  total: number
}

export class PinnedWindow {
  readonly room: string
  readonly #order: readonly string[]
  #sent = new Map<string, Row<object>>()
  #n = 0
  #pin: PinState | undefined
  #total = 0

  constructor(room: string, order: readonly string[], standing: Standing) {
    this.room = room
    this.#order = order
    this.push(standing)
    this.#n = 0
  }

  get n(): number {
    return this.#n
  }

  state() {
    return {
      order: [...this.#order],
      rows: [...this.#sent.values()],
      total: this.#total,
      k: {},
      n: this.#n,
      ...(this.#pin && { pin: this.#pin }),
    }
  }

  push({ row, at, pin, total }: Standing): WindowPush | null {
    const rows: Row<object>[] = []
    for (const id of this.#order) {
      const before = this.#sent.get(id)
      const after = row(id)
      if (before === after) continue
      const sent: Row<object> | null = after ?? (before && before[2] !== null ? [id, before[1], null] : null)
      if (!sent) continue
      this.#sent.set(id, sent)
      rows.push(sent)
    }
    const told = JSON.stringify(pin) !== JSON.stringify(this.#pin)
    if (rows.length === 0 && !told && total === this.#total) return null
    this.#pin = pin
    this.#total = total
    return { r: this.room, n: ++this.#n, rows, total, k: {}, ...at, ...(pin && { pin }) }
  }
}
