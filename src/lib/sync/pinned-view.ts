/** Rows by fixed places as the client holds them (S10): nothing moves, what is gone is marked. Pure. */
import type { Cursor, Heartbeat, PinState, Row, SubAnswer, WindowPush } from '#wire'
import type { Application } from './client-view.ts'

const nothing: ReadonlySet<string> = new Set()

export class PinnedView<T = unknown> {
  room: string | null = null
  order: readonly string[] = []
  readonly rows = new Map<string, T>()
  readonly gone = new Set<string>()
  total = 0
  pin: PinState | undefined
  at: Cursor | null = null
  readonly #versions = new Map<string, number>()
  readonly #noticed: (before: T, after: T) => void
  #n = -1

  constructor(noticed: (before: T, after: T) => void = () => undefined) {
    this.#noticed = noticed
  }

  version(id: string): number | undefined {
    return this.#versions.get(id)
  }

  answer(answer: SubAnswer): Application {
    if (answer.kind !== 'window') return { outcome: 'ignored', changed: nothing }
    this.room = answer.r
    this.order = answer.order ?? []
    this.#n = answer.n ?? 0
    this.#stand(answer)
    const here = new Set(answer.rows.map(([id]) => id))
    // The server never had it while somebody held this window: it was gone before.
    for (const id of this.order) if (!here.has(id)) this.gone.add(id)
    return { outcome: 'applied', changed: this.#take(answer.rows as Row<T>[]) }
  }

  push(push: WindowPush): Application {
    if (push.r !== this.room || push.n <= this.#n) return { outcome: 'ignored', changed: nothing }
    if (push.n > this.#n + 1) return { outcome: 'gap', changed: nothing }
    this.#n = push.n
    this.#stand(push)
    return { outcome: 'applied', changed: this.#take(push.rows as Row<T>[]) }
  }

  heartbeat(heartbeat: Heartbeat): 'ok' | 'gap' {
    if (this.room === null) return 'ok'
    const head = heartbeat.heads[this.room]
    return head === undefined || head > this.#n ? 'gap' : 'ok'
  }

  clear(): void {
    this.room = null
    this.order = []
    this.rows.clear()
    this.gone.clear()
    this.#versions.clear()
    this.pin = undefined
  }

  #stand({ total, pin, e, s }: Pick<WindowPush, 'total' | 'pin' | 'e' | 's'>) {
    this.total = total
    this.pin = pin
    if (e !== undefined && s !== undefined) this.at = { e, s }
  }

  /** A version never goes back on the screen; a row that is gone stays as it was last seen. */
  #take(rows: readonly Row<T>[]): Set<string> {
    const changed = new Set<string>()
    for (const [id, v, row] of rows) {
      const known = this.#versions.get(id) ?? -1
      if (v < known) continue
      changed.add(id)
      if (row === null) this.gone.add(id)
      else {
        this.gone.delete(id)
        const before = this.rows.get(id)
        if (before && v > known) this.#noticed(before, row)
        this.rows.set(id, row)
        this.#versions.set(id, v)
      }
    }
    return changed
  }
}
