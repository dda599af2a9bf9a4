/**
 * What a client holds of one room: snapshot, pages, deltas and frames folded into rows (S8, S11, S12).
 * Pure: the connection carries, the collection paints. A version never goes back on the screen.
 */
import type { Cursor, Frame, Heartbeat, PageAnswer, Row, SubAnswer } from '#wire'

/** `gap`: subscribe again from `cursor` (null asks for a snapshot). Rows of a gap frame may have changed nothing. */
export type Outcome = 'applied' | 'ignored' | 'gap'

export interface Application {
  outcome: Outcome
  /** Ids painted, changed or removed by this call. */
  changed: ReadonlySet<string>
}

interface Loading {
  cut: string
  pages: number
  next: number
  /** Ids in the snapshot, or touched since it was cut. */
  seen: Set<string>
}

interface Grave {
  v: number
  at: number
}

const nothing: ReadonlySet<string> = new Set()
const GRAVES = 10_000

/** The server forgets a tombstone only after twice this time, so nobody can mistake a re-created row for an old one. */
export const HORIZON_MS = 15 * 60_000

export class ClientView<T = unknown> {
  readonly rows = new Map<string, T>()
  room: string | null = null
  /** Rows in the room, as of the last answer; `rows.size` once whole. */
  total = 0
  /** Room of the rows held; another one means other rights, so nothing held counts (S15). */
  #scope: string | null = null
  #now: () => number
  #horizonMs: number
  #versions = new Map<string, number>()
  #graves = new Map<string, Grave>()
  #epoch = 0
  #seq = -1
  #loading: Loading | null = null
  #values = new Map<string, unknown>()
  #told = 0
  #confirmedAt: number

  /** `now` in ms must count time asleep (the greater of wall and monotonic time). */
  constructor(options: { now: () => number; horizonMs?: number }) {
    this.#now = options.now
    this.#horizonMs = options.horizonMs ?? HORIZON_MS
    this.#confirmedAt = options.now()
  }

  /** What to ask with: null when a snapshot is needed. */
  get cursor(): Cursor | null {
    return this.room === null ? null : { e: this.#epoch, s: this.#seq }
  }

  /** False until the first snapshot is complete, and while a later one is loading. */
  get whole(): boolean {
    return this.room !== null && this.#loading === null
  }

  /** The page to fetch next, one at a time; null when there is none. */
  get nextPage(): { cut: string; page: number } | null {
    return this.#loading && { cut: this.#loading.cut, page: this.#loading.next }
  }

  /** Last values by key (S8). */
  get values(): ReadonlyMap<string, unknown> {
    return this.#values
  }

  version(id: string): number | undefined {
    return this.#versions.get(id)
  }

  /** The screen shows this version or a later one, or knows it is gone: an act's control may end its wait (S14). */
  reached(id: string, v: number): boolean {
    return (this.#versions.get(id) ?? this.#graves.get(id)?.v ?? -1) >= v
  }

  answer(answer: SubAnswer): Application {
    if (answer.kind === 'window') return { outcome: 'ignored', changed: nothing }
    const continues = this.room === answer.r && this.#epoch === answer.e
    if (answer.kind === 'delta' && !continues) {
      this.abandon()
      return { outcome: 'gap', changed: nothing }
    }
    const changed = new Set<string>(this.#scope !== null && this.#scope !== answer.r ? this.clear() : nothing)
    if (answer.kind === 'snapshot') this.#begin(answer)
    for (const row of answer.rows) this.#take(row as Row<T>, changed)
    this.#seq = continues ? Math.max(this.#seq, answer.s) : answer.s
    this.#epoch = answer.e
    this.room = this.#scope = answer.r
    this.total = answer.total
    this.#takeValues(answer.k, answer.kn ?? 0, true)
    this.#confirm()
    if (answer.kind === 'snapshot' && !answer.more) this.#sweep(changed)
    return { outcome: 'applied', changed }
  }

  /** Answer to `nextPage`; anything else (late, twice) is ignored. */
  page(cut: string, page: number, answer: PageAnswer): Application {
    const loading = this.#loading
    if (!loading || loading.cut !== cut || loading.next !== page) return { outcome: 'ignored', changed: nothing }
    const changed = new Set<string>()
    for (const row of answer.rows) this.#take(row as Row<T>, changed)
    loading.next++
    if (loading.next > loading.pages) this.#sweep(changed)
    return { outcome: 'applied', changed }
  }

  frame(frame: Frame): Application {
    if (frame.r !== this.room || frame.e < this.#epoch) return { outcome: 'ignored', changed: nothing }
    if (frame.e > this.#epoch) return { outcome: 'gap', changed: nothing }
    const valuesHole = frame.k !== undefined && !this.#takeFrameValues(frame)
    if (frame.p > this.#seq || valuesHole) return { outcome: 'gap', changed: nothing }
    if (frame.s <= this.#seq) return { outcome: frame.k ? 'applied' : 'ignored', changed: nothing }
    const changed = new Set<string>()
    for (const row of frame.d) this.#take(row as Row<T>, changed)
    this.#seq = frame.s
    this.#confirm()
    return { outcome: 'applied', changed }
  }

  /** Frames and heartbeats travel in order on one socket: a head beyond the cursor is a lost frame (S13). */
  heartbeat(heartbeat: Heartbeat): 'ok' | 'gap' {
    if (this.room === null || heartbeat.e < this.#epoch) return 'ok'
    const head = heartbeat.heads[this.room]
    if (heartbeat.e > this.#epoch || head === undefined || head > this.#seq) return 'gap'
    if ((heartbeat.k[this.room] ?? 0) > this.#told) return 'gap'
    this.#confirm()
    return 'ok'
  }

  /** Pages of the snapshot cannot be had any more (other node, cut forgotten): the next `sub` asks for a snapshot. */
  abandon(): void {
    if (this.#loading) this.#loading = null
    this.room = null
  }

  /** To be called when the socket is gone: a half-loaded snapshot cannot go on at another node. */
  disconnected(): void {
    if (this.#loading) this.abandon()
  }

  /** Out of scope now (S15): nothing of it stays. */
  clear(): ReadonlySet<string> {
    const changed = new Set(this.rows.keys())
    this.rows.clear()
    this.#versions.clear()
    this.#graves.clear()
    this.#values.clear()
    this.#loading = null
    this.room = null
    this.total = 0
    return changed
  }

  #begin(answer: SubAnswer): void {
    // Away for longer than the horizon: a row may have been purged and re-created from version 1 meanwhile, so the
    // snapshot is taken as it is. Within the horizon that cannot be, and versions are compared.
    if (this.#now() - this.#confirmedAt > this.#horizonMs) {
      this.#versions.clear()
      this.#graves.clear()
    }
    this.#loading = { cut: answer.more?.cut ?? '', pages: answer.more?.pages ?? 0, next: 1, seen: new Set() }
  }

  #take(row: Row<T>, changed: Set<string>): void {
    const [id, v, value] = row
    this.#loading?.seen.add(id)
    const held = this.#versions.get(id) ?? this.#graves.get(id)?.v ?? -1
    if (v <= held) return
    if (value === null) {
      this.#bury(id, v)
      if (this.rows.delete(id)) changed.add(id)
      return
    }
    this.#graves.delete(id)
    this.#versions.set(id, v)
    this.rows.set(id, value)
    changed.add(id)
  }

  /** The snapshot is whole: what it does not know is gone; it may come back, but not older than it was shown. */
  #sweep(changed: Set<string>): void {
    const seen = this.#loading?.seen
    this.#loading = null
    if (!seen) return
    for (const id of this.rows.keys()) {
      if (seen.has(id)) continue
      this.#bury(id, (this.#versions.get(id) ?? 0) - 1)
      this.rows.delete(id)
      changed.add(id)
    }
    this.total = this.rows.size
  }

  #bury(id: string, v: number): void {
    const at = this.#now()
    this.#versions.delete(id)
    this.#graves.delete(id)
    this.#graves.set(id, { v, at })
    for (const [oldest, grave] of this.#graves) {
      if (grave.at > at - this.#horizonMs && this.#graves.size <= GRAVES) break
      this.#graves.delete(oldest)
    }
  }

  #takeFrameValues(frame: Frame): boolean {
    const from = frame.kp ?? this.#told
    const to = frame.kn ?? this.#told
    if (from > this.#told) return false
    if (to > this.#told || frame.kn === undefined) this.#takeValues(frame.k ?? {}, to, false)
    return true
  }

  #takeValues(values: Record<string, unknown>, counter: number, whole: boolean): void {
    if (whole) this.#values.clear()
    for (const [key, value] of Object.entries(values)) {
      if (value === null) this.#values.delete(key)
      else this.#values.set(key, value)
    }
    this.#told = counter
  }

  #confirm(): void {
    this.#confirmedAt = this.#now()
  }
}
