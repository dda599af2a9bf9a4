import type { Heartbeat, SubAnswer, SubRequest, WindowPush } from '#wire'
import type { Application } from './client-view.ts'
import { perFrame, type Feed } from './feed.ts'
import { WindowView } from './window-view.ts'

type Asked = NonNullable<SubRequest['window']>

/** A few rows by rank of a view that may be of any size, with its counters. */
export class WindowFeed<T> implements Feed {
  readonly view: string
  readonly #asked: Asked
  readonly #held = new WindowView<T>()
  rows = $state.raw<readonly T[]>([])
  total = $state(0)
  values = $state.raw<Readonly<Record<string, unknown>>>({})
  answered = $state(false)
  readonly #paint = perFrame(() => {
    this.rows = this.#held.order.flatMap((id) => this.#held.rows.get(id) ?? [])
    this.total = this.#held.total
    this.values = this.#held.values
    this.answered = this.#held.room !== null
  })

  constructor(view: string, asked: Asked) {
    this.view = view
    this.#asked = asked
  }

  get room() {
    return this.#held.room
  }

  request(): SubRequest {
    return { view: this.view, cursor: this.#held.cursor, window: this.#asked }
  }

  nextPage() {
    return null
  }

  answer(answer: SubAnswer) {
    return this.#took(this.#held.answer(answer))
  }

  page() {
    return
  }

  frame() {
    return 'ok' as const
  }

  push(push: WindowPush) {
    return this.#took(this.#held.push(push))
  }

  heartbeat(heartbeat: Heartbeat) {
    return this.#held.heartbeat(heartbeat)
  }

  abandon() {
    return
  }

  disconnected() {
    return
  }

  clear() {
    this.#held.clear()
    this.#paint()
  }

  #took({ outcome }: Application): 'ok' | 'gap' {
    if (outcome === 'applied') this.#paint()
    return outcome === 'gap' ? 'gap' : 'ok'
  }
}
