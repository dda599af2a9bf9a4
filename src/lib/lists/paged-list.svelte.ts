import * as z from 'zod/mini'
import type { Problem } from '#wire'
import { asProblem, get } from '../sync/send.ts'

/** What left the live list, newest first, page by page as far as somebody scrolls. */
export class PagedList<T extends { id: string }> {
  rows = $state.raw<readonly T[]>([])
  next = $state<string | null | undefined>(undefined)
  loading = $state(false)
  problem = $state.raw<Problem | null>(null)
  readonly #path: string
  readonly #page: z.ZodMiniType<{ items: T[]; nextCursor?: string | null | undefined }>
  #params = new URLSearchParams()
  #asked = 0

  constructor(path: string, row: z.ZodMiniType<T>) {
    this.#path = path
    this.#page = z.object({ items: z.array(row), nextCursor: z.nullish(z.string()) })
  }

  find(params: URLSearchParams) {
    this.#params = params
    this.rows = []
    this.next = undefined
    this.loading = false
    this.problem = null
    void this.more()
  }

  /** The row next to this one. */
  step(cursor: string | null, by: number): string | null {
    const at = this.rows.findIndex((row) => row.id === cursor)
    const next = at < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, at + by))
    return this.rows[next]?.id ?? null
  }

  async more(): Promise<void> {
    if (this.loading || this.next === null) return
    const asked = ++this.#asked
    this.loading = true
    this.problem = null
    try {
      const params = new URLSearchParams(this.#params)
      params.set('limit', '100')
      if (this.next) params.set('cursor', this.next)
      const page = await get(`${this.#path}?${params}`, this.#page)
      if (asked !== this.#asked) return
      this.rows = [...this.rows, ...page.items]
      this.next = page.nextCursor ?? null
    } catch (error) {
      if (asked === this.#asked) this.problem = asProblem(error)
    } finally {
      if (asked === this.#asked) this.loading = false
    }
  }
}
