import type { Frame, Heartbeat, PageAnswer, SubAnswer, SubRequest, WindowPush } from '#wire'
import { ClientView, type Application } from './client-view.ts'
import { perFrame, type Feed } from './feed.ts'
import { steady } from './now.svelte.ts'
import { WindowView } from './window-view.ts'

export type Changes<T> = ReadonlyMap<string, T | null>
type Listener<T> = (changes: Changes<T>) => void

/** Between holding a room and holding its counters there is room to breathe. */
const shrunk = 0.8
const grown = 1.25

/**
 * A whole room in memory; changes reach the lists once per animation frame. Of a room of more than `most` rows only the
 * counters are held (`large`), and lists ask for what they show.
 */
export class Collection<T> implements Feed {
  readonly view: string
  /** Grows with each painted batch; read it to follow the rows. */
  painted = $state(0)
  values = $state.raw<Readonly<Record<string, unknown>>>({})
  whole = $state(false)
  large = $state(false)
  held = $state(0)
  total = $state(0)
  /** Wall clock of the last change. */
  changedAt = $state<number | null>(null)
  readonly #most: number
  readonly #rows: ClientView<T>
  readonly #counted = new WindowView<T>({ now: steady })
  /** As the connection sees it; `large` follows when it is painted. */
  #isLarge = false
  readonly #dirty = new Set<string>()
  readonly #listeners = new Set<Listener<T>>()
  readonly #paint = perFrame(() => this.#flush())

  constructor(view: string, most: number) {
    this.view = view
    this.#most = most
    this.#rows = new ClientView<T>({ now: steady })
  }

  get room() {
    return this.#isLarge ? this.#counted.room : this.#rows.room
  }

  version(id: string): number | undefined {
    return this.#rows.version(id)
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
    return { view: this.view, cursor: this.#isLarge ? null : this.#rows.cursor, most: this.#most }
  }

  nextPage() {
    const next = this.#rows.nextPage
    return next && { view: this.view, ...next }
  }

  answer(answer: SubAnswer) {
    this.#isLarge = answer.kind === 'window'
    if (this.#isLarge) {
      this.#forget()
      return this.#took(this.#counted.answer(answer))
    }
    return this.#took(this.#rows.answer(answer))
  }

  page(cut: string, page: number, answer: PageAnswer) {
    this.#took(this.#rows.page(cut, page, answer))
  }

  frame(frame: Frame) {
    const outcome = this.#took(this.#rows.frame(frame))
    if (!this.#rows.whole || this.#rows.rows.size <= this.#most * grown) return outcome
    // It has outgrown what is held whole: asked without a cursor, the server says so.
    this.#rows.abandon()
    return 'gap'
  }

  push(push: WindowPush) {
    const outcome = this.#took(this.#counted.push(push))
    return this.#counted.total < this.#most * shrunk ? 'gap' : outcome
  }

  heartbeat(heartbeat: Heartbeat) {
    return (this.#isLarge ? this.#counted : this.#rows).heartbeat(heartbeat)
  }

  abandon() {
    this.#rows.abandon()
  }

  disconnected() {
    this.#rows.disconnected()
  }

  clear() {
    this.#counted.clear()
    this.#forget()
    this.#paint()
  }

  #forget() {
    for (const id of this.#rows.clear()) this.#dirty.add(id)
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
    this.large = this.#isLarge
    this.held = this.#rows.rows.size
    this.whole = !this.#isLarge && this.#rows.whole
    this.total = Math.max(this.#isLarge ? this.#counted.total : this.#rows.total, this.held)
    this.values = this.#isLarge ? this.#counted.values : Object.fromEntries(this.#rows.values)
    if (changes.size > 0) this.changedAt = Date.now()
    // Before those who listen: a list asks whether anything was painted, and in a quiet room this is the only time.
    this.painted++
    for (const listener of this.#listeners) listener(changes)
  }
}
