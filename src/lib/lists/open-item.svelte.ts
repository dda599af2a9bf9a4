import type * as z from 'zod/mini'
import type { Problem } from '#wire'
import type { Connection } from '../sync/connection.svelte.ts'
import { PinnedFeed } from '../sync/pinned-feed.ts'
import { asProblem, get } from '../sync/send.ts'

/** The item whose detail is open: its row is followed by itself, and what the row does not say is read at each change. */
export class OpenItem<R extends { id: string }, D extends { v: number }> {
  detail = $state.raw<D | null>(null)
  /** As it is now; what it was last when it is gone. */
  row = $state.raw<R | null>(null)
  gone = $state(false)
  problem = $state.raw<Problem | null>(null)
  readonly #connection: Connection
  readonly #view: string
  readonly #schema: z.ZodMiniType<D>
  #id: string | null = null
  #asking: AbortController | null = null
  #leave: (() => void) | null = null

  constructor(connection: Connection, view: string, schema: z.ZodMiniType<D>) {
    this.#connection = connection
    this.#view = view
    this.#schema = schema
  }

  get id() {
    return this.#id
  }

  open(id: string | null) {
    if (id === this.#id) return
    this.stop()
    this.#id = id
    this.detail = this.row = this.problem = null
    this.gone = false
    if (id === null) return
    const feed: PinnedFeed<R> = new PinnedFeed<R>({
      view: this.#view,
      ask: () => ({ ids: [id] }),
      position: () => null,
      changed: () => this.#heard(feed, id),
    })
    this.#leave = this.#connection.follow(feed)
    void this.read()
  }

  read = async (): Promise<void> => {
    const id = this.#id
    if (id === null) return
    this.#asking?.abort()
    const asking = (this.#asking = new AbortController())
    try {
      const detail = await get(`/api/v1/${this.#view}/${encodeURIComponent(id)}`, this.#schema, asking.signal)
      if (asking.signal.aborted || detail.v < (this.detail?.v ?? 0)) return
      this.detail = detail
      this.problem = null
      this.took(detail)
    } catch (error) {
      // What is on the page stays; it says what is wrong with reading it anew.
      if (!asking.signal.aborted) this.problem = asProblem(error)
    }
  }

  stop() {
    this.#asking?.abort()
    this.#leave?.()
    this.#leave = null
  }

  protected took(_detail: D): void {
    return
  }

  #heard(feed: PinnedFeed<R>, id: string) {
    const { held } = feed
    this.row = held.rows.get(id) ?? this.row
    this.gone = this.row !== null && held.gone.has(id)
    if (!this.gone && (held.version(id) ?? 0) > (this.detail?.v ?? 0)) void this.read()
  }
}
