import type { ErrorCode, PageAnswer, SocketRefusal, SubAnswer, SubRequest } from '#wire'
import type { Feed } from './feed.ts'
import { steady } from './now.svelte.ts'

/** The two questions a feed asks of the socket; they reject when it does not answer in time. */
export interface Asker {
  sub(request: SubRequest): Promise<SubAnswer | SocketRefusal>
  page(request: { view: string; cut: string; page: number }): Promise<PageAnswer | SocketRefusal>
  refused(code: ErrorCode): void
  /** Not wanted any more, or another one took its place. */
  leave(room: string): void
  /** The server knew what it answered no earlier than this; `t` is its clock when it was asked. */
  answered(askedAt: number, t: number | undefined): void
}

const isRefusal = (answer: object): answer is SocketRefusal => 'code' in answer
const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Keeps one feed subscribed over one socket: one question in flight, jittered repeats, pages one after the other. */
export class Subscription {
  readonly feed: Feed
  readonly #ask: Asker
  /** Null once the socket it belongs to is gone. */
  #live = true
  #busy = false
  #again = false
  #joined: string | null = null

  constructor(feed: Feed, ask: Asker) {
    this.feed = feed
    this.#ask = ask
  }

  get pending() {
    return this.#busy || this.feed.room === null
  }

  end() {
    this.#live = false
    this.feed.disconnected()
  }

  /** `spread` ms of jitter: a lost frame is lost for many at once. */
  async resume(spread = 0): Promise<void> {
    if (this.#busy) {
      this.#again = true
      return
    }
    this.#busy = true
    if (spread > 0) await later(Math.random() * spread)
    do {
      this.#again = false
      try {
        if (this.#live) this.#again = !(await this.#round()) || this.#again
      } catch {
        // The socket did not answer in time: it is either closing, which ends this, or slow, so ask again.
        this.#again = true
        await later(500 + Math.random() * 1000)
      }
    } while (this.#live && this.#again)
    this.#busy = false
  }

  async #round(): Promise<boolean> {
    const askedAt = steady()
    const answer = await this.#ask.sub(this.feed.request())
    if (!this.#live) {
      if (!isRefusal(answer)) this.#ask.leave(answer.r)
      return true
    }
    if (isRefusal(answer)) return this.#refused(answer)
    if (this.#joined !== null && this.#joined !== answer.r) this.#ask.leave(this.#joined)
    this.#joined = answer.r
    this.#ask.answered(askedAt, answer.t)
    if (this.feed.answer(answer) === 'gap') return false
    for (let next = this.feed.nextPage(); next; next = this.feed.nextPage()) {
      const page = await this.#ask.page(next)
      if (!this.#live) return true
      if (isRefusal(page)) {
        this.feed.abandon()
        return this.#refused(page)
      }
      this.feed.page(next.cut, next.page, page)
    }
    return true
  }

  async #refused({ code, wait }: SocketRefusal): Promise<boolean> {
    if (this.feed.refused?.(code)) return true
    this.#ask.refused(code)
    if (code.startsWith('auth.') || code === 'request.invalid') return true
    await later((wait ?? 1000) * (0.75 + Math.random() / 2))
    return false
  }
}
