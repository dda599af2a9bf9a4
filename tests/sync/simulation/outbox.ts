/** What a simulated node has committed and not yet read back from the log, in order (S2, S6, S13). */
import type { Cursor } from '#wire'
import type { Doc } from './documents.ts'
import type { Node } from './node.ts'
import { failed } from './redis.ts'

interface Waiting {
  since: number
  docs: Doc[]
  published: (() => void) | null
}

/** Published, but not yet read back by this node. */
interface Unread {
  since: number
  at: Cursor
}

export class Outbox {
  #node: Node
  #waiting: Waiting[] = []
  #sending = false
  #unread: Unread[] = []

  constructor(node: Node) {
    this.#node = node
  }

  /** Begin of the oldest write in here; Infinity when there is none. */
  since(): number {
    let oldest = Infinity
    for (const { since } of this.#waiting) oldest = Math.min(oldest, since)
    for (const { since } of this.#unread) oldest = Math.min(oldest, since)
    return oldest
  }

  publish(docs: Doc[], since: number, published: (() => void) | null): void {
    if (docs.length === 0) return published?.()
    this.#waiting.push({ since, docs, published })
    if (!this.#sending) this.#send()
  }

  #send(): void {
    const batch = this.#waiting[0]
    if (!batch) return void (this.#sending = false)
    this.#sending = true
    const { redis, clock } = this.#node.world
    redis.call(
      this.#node,
      () => redis.append(batch.docs),
      (at) => {
        if (at === failed && this.#node.world.broken !== 'S2 published once')
          return this.#node.later(clock.between(20, 60), () => this.#send())
        if (at === null) return this.#node.openEpoch(() => this.#send())
        this.#waiting.shift()
        if (at !== failed) this.#unread.push({ since: batch.since, at })
        batch.published?.()
        this.#send()
      },
    )
  }

  /** This node has read the log up to here. */
  read(position: Cursor): void {
    if (this.#unread.length === 0) return
    this.#unread = this.#unread.filter(({ at }) => at.e > position.e || (at.e === position.e && at.s > position.s))
  }
}
