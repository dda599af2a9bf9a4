import type { Frame, Heartbeat, PageAnswer, SubAnswer, SubRequest } from '#wire'
import { ClientView, type Application } from './client-view.ts'
import { perFrame, type Feed } from './feed.ts'
import { steady } from './now.svelte.ts'

export type Changes<T> = ReadonlyMap<string, T | null>
type Listener<T> = (changes: Changes<T>) => void

/** A whole room in memory; changes reach the lists once per animation frame. */
export class Collection<T> implements Feed {
  readonly view: string
  /** Grows with each painted batch; read it to follow the rows. */
  painted = $state(0)
  values = $state.raw<Readonly<Record<string, unknown>>>({})
  whole = $state(false)
  held = $state(0)
  total = $state(0)
  /** Wall clock of the last change. */
  changedAt = $state<number | null>(null)
  readonly #rows: ClientView<T>
  readonly #dirty = new Set<string>()
  readonly #listeners = new Set<Listener<T>>()
  readonly #paint = perFrame(() => this.#flush())

  constructor(view: string) {
    this.view = view
    this.#rows = new ClientView<T>({ now: steady })
  }

  get room() {
    return this.#rows.room
  }

  get(id: string): T | undefined {
    return this.#rows.rows.get(id)
  }

  rows(): IterableIterator<T> {
    return this.#rows.rows.values()
  }

  listen(listener: Listener<T>): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** An act returned this version: resolves when the page shows it, false when it did not within the time (S14). */
  reached(id: string, v: number, withinMs = 6000): Promise<boolean> {
    const there = () => {
      const held = this.#rows.version(id)
      return held === undefined ? this.#rows.whole : held >= v
    }
    if (there()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), withinMs)
      const stop = this.listen(() => there() && finish(true))
      const finish = (reached: boolean) => {
        clearTimeout(timer)
        stop()
        resolve(reached)
      }
    })
  }

  request(): SubRequest {
    return { view: this.view, cursor: this.#rows.cursor }
  }

  nextPage() {
    const next = this.#rows.nextPage
    return next && { view: this.view, ...next }
  }

  answer(answer: SubAnswer) {
    return this.#took(this.#rows.answer(answer))
  }

  page(cut: string, page: number, answer: PageAnswer) {
    this.#took(this.#rows.page(cut, page, answer))
  }

  frame(frame: Frame) {
    return this.#took(this.#rows.frame(frame))
  }

  push() {
    return 'ok' as const
  }

  heartbeat(heartbeat: Heartbeat) {
    return this.#rows.heartbeat(heartbeat)
  }

  abandon() {
    this.#rows.abandon()
  }

  disconnected() {
    this.#rows.disconnected()
  }

  clear() {
    this.#took({ outcome: 'applied', changed: this.#rows.clear() })
  }

  #took({ outcome, changed }: Application): 'ok' | 'gap' {
    for (const id of changed) this.#dirty.add(id)
    if (outcome !== 'ignored') this.#paint()
    return outcome === 'gap' ? 'gap' : 'ok'
  }

  #flush() {
    const changes = new Map<string, T | null>()
    for (const id of this.#dirty) changes.set(id, this.#rows.rows.get(id) ?? null)
    this.#dirty.clear()
    this.held = this.#rows.rows.size
    this.whole = this.#rows.whole
    this.total = Math.max(this.#rows.total, this.held)
    this.values = Object.fromEntries(this.#rows.values)
    if (changes.size > 0) this.changedAt = Date.now()
    for (const listener of this.#listeners) listener(changes)
    this.painted++
  }
}
