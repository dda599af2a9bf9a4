/**
 * One live room on this node: tenant × view × class of field mask, or the operator it is addressed to (S9, S10).
 * Presents each changed document once, remembers what changed, keeps the rows that windows, counters and snapshots are made of.
 */
import { randomUUID } from 'node:crypto'
import type { Row } from '#wire'
import type { AnyView, Doc } from './feature.ts'
import { Ranked } from './sync/ranked.ts'
import { RoomLog, type Lane } from './sync/room-log.ts'
import type { Views } from './views.ts'

export interface RoomKey {
  tenant: string
  view: AnyView
  masked: boolean
  /** Whose rows these are, in a view with an audience; null: everybody's of the tenant. */
  operator: string | null
}

export const roomName = ({ tenant, view, masked, operator }: RoomKey) =>
  `${tenant}|${view.contract.name}|${operator ?? (masked ? 'masked' : 'full')}`

/** The rooms that see a document of that view: one for each field mask, or the addressee's own. */
export function roomsOf(view: AnyView, doc: Doc): RoomKey[] {
  const { tenant } = doc
  if (view.audience) return [{ tenant, view, masked: false, operator: view.audience(doc) }]
  return [false, true].map((masked) => ({ tenant, view, masked, operator: null }))
}
export const laneName = (room: string, lane: Lane) => `${room}|${lane}`

/** A little under the second at which rooms are looked at. */
const countEveryMs = 900
/** Orders nobody asked for so long are forgotten; those of all rows are what the others are made from. */
const keepMs = { filtered: 60_000, whole: 600_000 }

export class LiveRoom {
  readonly name: string
  readonly key: RoomKey
  readonly log: RoomLog
  readonly #views: Views
  /** Built when somebody first looks, kept current from then on. */
  #rows: Map<string, Row<object>> | null = null
  readonly #orders = new Map<string, { ranked: Ranked; usedAt: number; keepMs: number }>()
  #counted = false
  #countedAt = -Infinity
  readonly #now: () => number

  constructor(key: RoomKey, views: Views, position: { e: number; s: number }, now: () => number) {
    this.key = key
    this.name = roomName(key)
    this.#views = views
    this.#now = now
    this.log = new RoomLog({ room: this.name, epoch: position.e, seq: position.s, now })
  }

  /** A document of this room's tenant changed at `seq`. The newest state known is shown, never an older one. */
  take(seq: number, doc: Doc): void {
    const row = this.#present(this.#views.get(this.key.view.collection, doc._id) ?? doc)
    this.log.append(seq, [row])
    this.#hold(row)
  }

  /** Everything was loaded anew from the database (S6). */
  reset(epoch: number, seq: number): void {
    this.log.reset(epoch, seq)
    const before = this.#rows
    this.#rows = null
    this.#countedAt = -Infinity
    this.#counted = false
    if (before && this.#orders.size > 0) this.#compare(before, this.rows)
  }

  get rows(): Map<string, Row<object>> {
    if (this.#rows) return this.#rows
    const rows = (this.#rows = new Map<string, Row<object>>())
    const { view, tenant, operator } = this.key
    for (const doc of this.#views.ofTenant(view.collection, tenant)) {
      if (operator !== null && view.audience?.(doc) !== operator) continue
      const row = this.#present(doc)
      if (row[2] !== null) rows.set(row[0], row)
    }
    return rows
  }

  /** Rows that match, in the named order (known to exist), kept current for as long as somebody asks for them. */
  ranked(filter: unknown, order: string): Ranked {
    const whole = isEmpty(filter)
    const key = JSON.stringify([order, whole ? null : filter])
    const known = this.#orders.get(key)
    if (known) {
      known.usedAt = this.#now()
      return known.ranked
    }
    const { contract } = this.key.view
    const by = {
      compare: contract.orders[order] ?? (() => 0),
      matches: whole ? () => true : (row: object) => contract.matches(row, filter),
    }
    const sorted = whole ? undefined : this.ranked({}, order).rows()
    const ranked = new Ranked(randomUUID().slice(0, 8), by, () => this.rows, sorted)
    this.#orders.set(key, { ranked, usedAt: this.#now(), keepMs: whole ? keepMs.whole : keepMs.filtered })
    return ranked
  }

  /** Orders in use take what changed, so that none of them has much to catch up on; the others are forgotten. */
  settle(): void {
    for (const [key, { ranked, usedAt, keepMs }] of this.#orders) {
      if (this.#now() - usedAt > keepMs) this.#orders.delete(key)
      else ranked.settle()
    }
  }

  /**
   * Counters as last values, if rows changed since they were last counted: all rows are looked at, so at most once a
   * second, however many come in or change meanwhile (S10).
   */
  count(): void {
    if (this.#counted || this.#now() - this.#countedAt < countEveryMs) return
    this.#counted = true
    this.#countedAt = this.#now()
    const before = this.log.values()
    const present = function* (rows: Iterable<Row<object>>) {
      for (const [, , row] of rows) if (row !== null) yield row
    }
    for (const [key, value] of Object.entries(this.key.view.contract.counters(present(this.rows.values())))) {
      if (before[key] !== value) this.log.tell(key, value)
    }
  }

  #present(doc: Doc): Row<object> {
    return [doc._id, doc.v, doc.gone ? null : this.key.view.present(doc, this.key.masked)]
  }

  #hold(row: Row<object>): void {
    this.#counted = false
    if (!this.#rows) return
    const before = this.#rows.get(row[0])
    if (before && before[1] >= row[1]) return
    for (const { ranked } of this.#orders.values()) ranked.changed(row[0], before ?? null)
    if (row[2] === null) this.#rows.delete(row[0])
    else this.#rows.set(row[0], row)
  }

  /** Orders go on across a load; a row that is the same version is the same row. */
  #compare(before: ReadonlyMap<string, Row<object>>, after: Map<string, Row<object>>): void {
    for (const [id, row] of before) {
      if (after.get(id)?.[1] === row[1]) after.set(id, row)
      else for (const { ranked } of this.#orders.values()) ranked.changed(id, row)
    }
    for (const id of after.keys()) {
      if (!before.has(id)) for (const { ranked } of this.#orders.values()) ranked.changed(id, null)
    }
  }
}

const isEmpty = (filter: unknown) =>
  filter === null || (typeof filter === 'object' && Object.values(filter).every((value) => value === undefined))
