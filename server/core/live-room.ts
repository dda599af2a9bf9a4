/**
 * One live room on this node: tenant × view × class of field mask (S9, S10). Presents each changed document once,
 * remembers what changed, keeps the rows that windows, counters and snapshots are made of.
 */
import type { Row } from '#wire'
import type { AnyView, Doc } from './feature.ts'
import { RoomLog, type Lane } from './sync/room-log.ts'
import type { Views } from './views.ts'

export interface RoomKey {
  tenant: string
  view: AnyView
  masked: boolean
}

export const roomName = ({ tenant, view, masked }: RoomKey) =>
  `${tenant}|${view.contract.name}|${masked ? 'masked' : 'full'}`
export const laneName = (room: string, lane: Lane) => `${room}|${lane}`

/** A little under the second at which rooms are looked at. */
const countEveryMs = 900

export class LiveRoom {
  readonly name: string
  readonly key: RoomKey
  readonly log: RoomLog
  readonly #views: Views
  /** Built when somebody first looks, kept current from then on. */
  #rows: Map<string, Row<object>> | null = null
  #sorted: string[] | null = null
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
    this.#rows = null
    this.#countedAt = -Infinity
    this.#touch()
  }

  get rows(): ReadonlyMap<string, Row<object>> {
    if (this.#rows) return this.#rows
    this.#rows = new Map()
    for (const doc of this.#views.ofTenant(this.key.view.collection, this.key.tenant)) this.#hold(this.#present(doc))
    return this.#rows
  }

  /** Ids in the view's default order; sorted again only when rows changed. */
  get sorted(): readonly string[] {
    const rows = this.rows
    this.#sorted ??= this.ranked(() => true, this.key.view.contract.defaultOrder)
    return this.#sorted.filter((id) => rows.has(id))
  }

  /** Ids that pass, in the named order (already known to exist). */
  ranked(passes: (row: object) => boolean, order: string): string[] {
    const compare = this.key.view.contract.orders[order] ?? (() => 0)
    const chosen: object[] = []
    const idOf = new Map<object, string>()
    for (const [id, , row] of this.rows.values()) {
      if (row === null || !passes(row)) continue
      chosen.push(row)
      idOf.set(row, id)
    }
    chosen.sort(compare)
    return chosen.flatMap((row) => idOf.get(row) ?? [])
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
    this.#touch()
    if (!this.#rows) return
    const before = this.#rows.get(row[0])
    if (before && before[1] >= row[1]) return
    if (row[2] === null) this.#rows.delete(row[0])
    else this.#rows.set(row[0], row)
  }

  #touch(): void {
    this.#sorted = null
    this.#counted = false
  }
}
