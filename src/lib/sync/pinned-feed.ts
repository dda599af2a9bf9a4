import type { Cursor, ErrorCode, Frame, Heartbeat, PageAnswer, SubAnswer, SubRequest, WindowPush } from '#wire'
import type { Application } from './client-view.ts'
import type { Feed } from './feed.ts'
import { PinnedView } from './pinned-view.ts'

export interface PinnedAsk<T> {
  view: string
  ask: () => Pick<SubRequest, 'window' | 'ids'>
  /** The furthest position known of this view: a node behind it waits rather than shows the past. */
  position: () => Cursor | null
  changed: (ids: ReadonlySet<string>) => void
  noticed?: (before: T, after: T) => void
  /** Its pin is not known at this node. */
  lost?: () => void
}

/** A stretch of an order held still, or a few rows by id. */
export class PinnedFeed<T> implements Feed {
  readonly view: string
  readonly held: PinnedView<T>
  readonly #ask: PinnedAsk<T>

  constructor(ask: PinnedAsk<T>) {
    this.held = new PinnedView(ask.noticed)
    this.view = ask.view
    this.#ask = ask
  }

  get room() {
    return this.held.room
  }

  request(): SubRequest {
    return { view: this.view, cursor: this.#ask.position(), ...this.#ask.ask() }
  }

  answer(answer: SubAnswer) {
    return this.#took(this.held.answer(answer))
  }

  push(push: WindowPush) {
    return this.#took(this.held.push(push))
  }

  heartbeat(heartbeat: Heartbeat) {
    return this.held.heartbeat(heartbeat)
  }

  refused(code: ErrorCode): boolean {
    if (code !== 'request.not-found') return false
    this.#ask.lost?.()
    return true
  }

  clear() {
    const ids = new Set(this.held.rows.keys())
    this.held.clear()
    this.#ask.changed(ids)
  }

  nextPage() {
    return null
  }
  page(_cut: string, _page: number, _answer: PageAnswer) {
    return
  }
  frame(_frame: Frame) {
    return 'ok' as const
  }
  abandon() {
    return
  }
  disconnected() {
    return
  }

  #took({ outcome, changed }: Application): 'ok' | 'gap' {
    if (outcome === 'applied') this.#ask.changed(changed)
    return outcome === 'gap' ? 'gap' : 'ok'
  }
}
