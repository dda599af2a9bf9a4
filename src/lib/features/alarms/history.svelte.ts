import * as z from 'zod/mini'
import { AlarmRow, type AlarmFilter } from '#contract/alarms'
import type { Problem } from '#wire'
import { asProblem, get } from '../../sync/send.ts'
import { filterParams } from './list-query.ts'

export const Finished = z.extend(AlarmRow, { alarm: z.optional(z.string()), endedAt: z.optional(z.number()) })
export type Finished = z.infer<typeof Finished>
const Page = z.object({ items: z.array(Finished), nextCursor: z.nullish(z.string()) })

/** Finished episodes, newest first, page by page as far as somebody scrolls. */
export class History {
  rows = $state.raw<readonly Finished[]>([])
  next = $state<string | null | undefined>(undefined)
  loading = $state(false)
  problem = $state.raw<Problem | null>(null)
  #filter: AlarmFilter = {}
  #asked = 0

  ask(filter: AlarmFilter) {
    this.#filter = filter
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
      const params = filterParams(this.#filter)
      params.set('limit', '100')
      if (this.next) params.set('cursor', this.next)
      const page = await get(`/api/v1/alarms/history?${params}`, Page)
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
