/**
 * One live room (tenant × view × class of field mask) on one node: the last entry of each entity, tombstones included,
 * and what each lane of clients has been sent. Pure: rows are opaque, time is injected. Rules S7–S9, S11.
 */
import type { Cursor, Frame, Row } from '../wire.ts'

interface Entry<T> {
  seq: number
  row: Row<T>
  at: number
  /** A later entry of the same entity stands further on. */
  superseded: boolean
}

interface LastValue {
  n: number
  value: unknown
}

/** `fast`: 25 ms window; `slow`: 250 ms, for hidden pages and phones (S9). Each lane has its own flushed sequence. */
export const lanes = ['fast', 'slow'] as const
export type Lane = (typeof lanes)[number]

export type Resumption<T> = { kind: 'wait' } | { kind: 'delta'; rows: Row<T>[] } | { kind: 'snapshot' }

export interface RoomLogOptions {
  room: string
  epoch: number
  /** Everything after this sequence will be appended here. */
  seq: number
  /** Monotonic ms. */
  now: () => number
  horizonMs?: number
  /** Most entries remembered. */
  limit?: number
  /** Most rows, and most last values, of one frame: what is more goes in further frames. */
  perFrame?: number
}

/** About 20 kB of alarms or orders before compression: a console is never kept from its next paint by one frame. */
const usualPerFrame = 40

export class RoomLog<T = unknown> {
  readonly room: string
  #now: () => number
  #horizonMs: number
  #limit: number
  #perFrame: number
  #epoch: number
  /** Deltas are possible from here on. */
  #floor: number
  #head: number
  #entries: Entry<T>[] = []
  #latest = new Map<string, Entry<T>>()
  #superseded = 0
  #flushed: Record<Lane, number>
  #values = new Map<string, LastValue>()
  #told = 0
  #toldTo: Record<Lane, number> = { fast: 0, slow: 0 }

  constructor(options: RoomLogOptions) {
    this.room = options.room
    this.#now = options.now
    this.#horizonMs = options.horizonMs ?? 15 * 60_000
    this.#limit = options.limit ?? 50_000
    this.#perFrame = options.perFrame ?? usualPerFrame
    this.#epoch = options.epoch
    this.#floor = this.#head = options.seq
    this.#flushed = { fast: options.seq, slow: options.seq }
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Sequence of the last entry that concerned this room. */
  get head(): number {
    return this.#head
  }

  /** Counter of last values, for `hb.k` and `SubAnswer.kn` (S8). */
  get counter(): number {
    return this.#told
  }

  get size(): number {
    return this.#entries.length
  }

  /** Last flushed sequence of a lane, for `hb.heads` (S13). */
  flushed(lane: Lane = 'fast'): number {
    return this.#flushed[lane]
  }

  /** The log position is new: nothing before it can be told apart any more (S6). Last values stay, they are unsequenced. */
  reset(epoch: number, seq: number): void {
    this.#epoch = epoch
    this.#floor = this.#head = seq
    this.#flushed = { fast: seq, slow: seq }
    this.#entries = []
    this.#latest.clear()
    this.#superseded = 0
  }

  /**
   * Called in log order, with what stands in the view after the entry was taken: never older than the entry, sometimes
   * ahead of the log. So the greater version stays, and an equal one moves on to the later sequence: a client that
   * comes from another node may have been given the older version at the earlier one (S7).
   */
  append(seq: number, rows: readonly Row<T>[]): void {
    if (seq < this.#head) throw new Error(`append out of log order: ${seq} after ${this.#head}`)
    this.#head = seq
    const at = this.#now()
    for (const row of rows) {
      const before = this.#latest.get(row[0])
      if (before) {
        if (before.row[1] > row[1]) continue
        before.superseded = true
        this.#superseded++
      }
      const entry = { seq, row, at, superseded: false }
      this.#latest.set(row[0], entry)
      this.#entries.push(entry)
    }
    if (this.#superseded > 64 && this.#superseded * 2 > this.#entries.length) this.#compact()
    if (this.#entries.length - this.#superseded > this.#limit) this.trim(at)
  }

  /** A last value (S8): unsequenced, not stored; null takes it away. */
  tell(key: string, value: unknown): void {
    // Taken out first: the map stays in the order of n.
    this.#values.delete(key)
    this.#values.set(key, { n: ++this.#told, value })
  }

  /** The whole k-map, for `SubAnswer.k`. */
  values(): Record<string, unknown> {
    const all: Record<string, unknown> = {}
    for (const [key, { value }] of this.#values) if (value !== null) all[key] = value
    return all
  }

  pending(lane: Lane = 'fast'): boolean {
    return this.#flushed[lane] < this.#head || this.#toldTo[lane] < this.#told
  }

  /** What this lane has not been sent yet, one row per entity, in frames that each end where a sequence ends. */
  *frames(lane: Lane = 'fast'): Generator<Frame> {
    for (let frame = this.flush(lane); frame; frame = this.flush(lane)) yield frame
  }

  /** The next frame for this lane; null when there is nothing. */
  flush(lane: Lane = 'fast'): Frame | null {
    if (!this.pending(lane)) return null
    // A lane that slept past the horizon gets an honest hole: its clients see a gap and subscribe again.
    const p = Math.max(this.#flushed[lane], this.#floor)
    const { rows: d, upTo: s } = this.#since(p, this.#perFrame)
    const frame: Frame = { r: this.room, e: this.#epoch, p, s, d }
    this.#flushed[lane] = s
    if (this.#toldTo[lane] < this.#told) this.#addValues(frame, lane)
    return frame
  }

  /** Nobody is in this lane: what was pending for it is sent to nobody. */
  skip(lane: Lane): void {
    this.#flushed[lane] = this.#head
    this.#toldTo[lane] = this.#told
    this.#forgetTaken()
  }

  /** How to answer `sub` on a node that has processed the log up to `position` (S11). */
  resume(cursor: Cursor | null, position: number): Resumption<T> {
    if (!cursor) return { kind: 'snapshot' }
    if (cursor.e > this.#epoch || (cursor.e === this.#epoch && cursor.s > position)) return { kind: 'wait' }
    const rows = cursor.e === this.#epoch ? this.deltaSince(cursor.s) : null
    return rows ? { kind: 'delta', rows } : { kind: 'snapshot' }
  }

  /** Compacted rows after a sequence of this epoch; null when it lies before the horizon. */
  deltaSince(seq: number): Row<T>[] | null {
    return seq < this.#floor ? null : this.#since(seq, Infinity).rows
  }

  /** Forgets what is older than the horizon or beyond the limit; deltas from before need a snapshot then. */
  trim(now = this.#now()): void {
    let drop = 0
    let kept = this.#entries.length - this.#superseded
    for (const entry of this.#entries) {
      if (!entry.superseded) {
        if (entry.at > now - this.#horizonMs && kept <= this.#limit * 0.9) break
        this.#floor = entry.seq
        this.#latest.delete(entry.row[0])
        kept--
      } else this.#superseded--
      drop++
    }
    if (drop > 0) this.#entries.splice(0, drop)
  }

  #addValues(frame: Frame, lane: Lane): void {
    const from = this.#toldTo[lane]
    const sent: [key: string, value: unknown][] = []
    let last = from
    let upTo = this.#told
    for (const [key, { n, value }] of this.#values) {
      if (n <= from) continue
      if (sent.length === this.#perFrame) {
        upTo = last
        break
      }
      sent.push([key, value])
      last = n
    }
    frame.kp = from
    frame.kn = upTo
    frame.k = Object.fromEntries(sent)
    this.#toldTo[lane] = upTo
    this.#forgetTaken()
  }

  /** A value that was taken away need not be told once every lane knows. */
  #forgetTaken(): void {
    const everywhere = Math.min(this.#toldTo.fast, this.#toldTo.slow)
    for (const [key, { n, value }] of this.#values) if (value === null && n <= everywhere) this.#values.delete(key)
  }

  /** Rows after a sequence, up to the end of the sequence in which `most` is reached. */
  #since(seq: number, most: number): { rows: Row<T>[]; upTo: number } {
    const rows: Row<T>[] = []
    let upTo = seq
    for (let i = this.#firstAfter(seq); i < this.#entries.length; i++) {
      const entry = this.#entries[i]
      if (!entry || entry.superseded) continue
      if (rows.length >= most && entry.seq > upTo) return { rows, upTo }
      rows.push(entry.row)
      upTo = entry.seq
    }
    return { rows, upTo: this.#head }
  }

  #firstAfter(seq: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.seq ?? Infinity) <= seq) low = middle + 1
      else high = middle
    }
    return low
  }

  #compact(): void {
    this.#entries = this.#entries.filter((entry) => !entry.superseded)
    this.#superseded = 0
  }
}

/** What is left of a frame for a socket that is too slow for rows (S16); its next whole frame then shows it the gap. */
export function valuesOnly(frame: Frame): Frame | null {
  return frame.k ? { ...frame, p: frame.s, d: [] } : null
}
