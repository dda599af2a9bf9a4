/** A window by rank as the client holds it (S10): pushes are numbered densely, a hole asks for the window again. */
import type { Cursor, Heartbeat, Row, SubAnswer, WindowPush } from '#wire'
import { HORIZON_MS } from './client-view.ts'
import type { Application } from './client-view.ts'

const nothing: ReadonlySet<string> = new Set()
const REMEMBERED = 2_000

export class WindowView<T = unknown> {
  readonly rows = new Map<string, T>()
  /** Ranks of the rows held. */
  order: readonly string[] = []
  room: string | null = null
  total = 0
  values: Record<string, unknown> = {}
  #versions = new Map<string, number>()
  /** Rows that left the window, as last shown: they do not come back older, not even by way of another node. */
  #left = new Map<string, { v: number; at: number }>()
  #now: () => number
  /** As the server said it, rows that are not held yet included. */
  #order: readonly string[] = []
  #n = -1
  #at: Cursor | null = null

  /** `now` in ms must count time asleep. */
  constructor(options: { now: () => number } = { now: Date.now }) {
    this.#now = options.now
  }

  /** To ask with: the answer is always whole, but a node that is behind this waits rather than shows the past (S11). */
  get cursor(): Cursor | null {
    return this.#at
  }

  version(id: string): number | undefined {
    return this.#versions.get(id)
  }

  /** A window is always answered whole. */
  answer(answer: SubAnswer): Application {
    if (answer.kind !== 'window') return { outcome: 'ignored', changed: nothing }
    const cleared = this.room !== null && this.room !== answer.r ? this.clear() : nothing
    this.room = answer.r
    this.#at = { e: answer.e, s: answer.s }
    this.#n = answer.n ?? 0
    const changed = this.#take(answer.rows as Row<T>[], answer.order ?? [], answer.total, answer.k)
    return { outcome: 'applied', changed: new Set([...cleared, ...changed]) }
  }

  push(push: WindowPush): Application {
    if (push.r !== this.room || push.n <= this.#n) return { outcome: 'ignored', changed: nothing }
    if (push.n > this.#n + 1) return { outcome: 'gap', changed: nothing }
    this.#n = push.n
    if (push.e !== undefined && push.s !== undefined) this.#at = { e: push.e, s: push.s }
    return {
      outcome: 'applied',
      changed: this.#take(push.rows as Row<T>[], push.order ?? this.#order, push.total, push.k),
    }
  }

  /** `heads` of a window's room is the number of its last push. */
  heartbeat(heartbeat: Heartbeat): 'ok' | 'gap' {
    if (this.room === null) return 'ok'
    const head = heartbeat.heads[this.room]
    return head === undefined || head > this.#n ? 'gap' : 'ok'
  }

  clear(): ReadonlySet<string> {
    const changed = new Set(this.rows.keys())
    this.rows.clear()
    this.#versions.clear()
    this.#left.clear()
    this.order = this.#order = []
    this.values = {}
    this.room = null
    this.total = 0
    return changed
  }

  #take(
    rows: readonly Row<T>[],
    order: readonly string[],
    total: number,
    values: Record<string, unknown>,
  ): Set<string> {
    const changed = new Set<string>()
    for (const [id, v, row] of rows) {
      if (row === null || v <= (this.#versions.get(id) ?? -1) || v < (this.#left.get(id)?.v ?? -1)) continue
      this.#left.delete(id)
      this.#versions.set(id, v)
      this.rows.set(id, row)
      changed.add(id)
    }
    const inside = new Set(order)
    for (const id of this.rows.keys()) {
      if (inside.has(id)) continue
      this.rows.delete(id)
      this.#leave(id)
      changed.add(id)
    }
    // A row that is not held yet in its present version is left out; the push that brings it follows the log.
    this.#order = order
    this.order = order.filter((id) => this.rows.has(id))
    this.total = total
    this.values = values
    return changed
  }

  #leave(id: string): void {
    const at = this.#now()
    this.#left.set(id, { v: this.#versions.get(id) ?? 0, at })
    this.#versions.delete(id)
    for (const [oldest, left] of this.#left) {
      if (left.at > at - HORIZON_MS && this.#left.size <= REMEMBERED) break
      this.#left.delete(oldest)
    }
  }
}
