import * as z from 'zod/mini'
import { alarmMatches } from '#contract/alarms'
import { SavedViewRow } from '#contract/saved-views'
import type { Live } from '../../console/live.ts'
import { problemText } from '../../i18n/common.ts'
import { session } from '../../session/session.svelte.ts'
import { act, asProblem, get } from '../../sync/send.ts'
import { WindowFeed } from '../../sync/window-feed.svelte.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { combined, parseQuery } from '../alarms/list-query.ts'
import { toolText } from '../alarms/tool-texts.ts'

const Page = z.object({ items: z.array(SavedViewRow) })
const countEveryMs = 2000
/** Of a room that is not here as a whole each count is a window of its own. */
const mostCounted = 5

export interface NamedView {
  id: string
  name: string
  query: string
  own: boolean
  shared: boolean
  count: number | undefined
}

/** One's own views and the shared ones of a list, with how many match each now. */
export class SavedViewList {
  #rows = $state.raw<readonly SavedViewRow[]>([])
  #counts = $state.raw<Readonly<Record<string, number>>>({})
  readonly #live: Live
  readonly #shared = new WindowFeed<SavedViewRow>('saved-views', {
    filter: { list: 'alarms' },
    sort: 'name',
    from: 0,
    count: 100,
  })
  #counting = new Map<string, { feed: WindowFeed<unknown>; leave: () => void }>()
  readonly all = $derived(
    this.#rows.map(({ id, name, query, shared, ownerId }): NamedView => {
      const own = ownerId === session.current?.operator.id
      return { id, name, query, shared, own, count: this.#counts[id] }
    }),
  )

  constructor(live: Live) {
    this.#live = live
  }

  /** Kept current until the returned function is called. */
  follow(): () => void {
    const leave = this.#live.connection.follow(this.#shared)
    const timer = setInterval(() => this.#count(), countEveryMs)
    const stop = $effect.root(() => {
      // Shared ones change by others' hands; own ones come with them.
      $effect(() => {
        void this.#shared.rows
        void this.#load()
      })
    })
    return () => {
      stop()
      leave()
      clearInterval(timer)
      for (const { leave: end } of this.#counting.values()) end()
      this.#counting.clear()
    }
  }

  async save(view: { name: string; query: string; shared: boolean }): Promise<string | null> {
    try {
      await act('/api/v1/saved-views', { ...view, list: 'alarms' }, SavedViewRow)
      toasts.done(toolText('saved', { name: view.name }))
      await this.#load()
      return null
    } catch (error) {
      return problemText(asProblem(error))
    }
  }

  async remove({ id, name }: NamedView): Promise<void> {
    try {
      await act(`/api/v1/saved-views/${encodeURIComponent(id)}`, undefined, z.unknown(), { method: 'DELETE' })
      toasts.done(toolText('deleted', { name }))
      await this.#load()
    } catch (error) {
      toasts.refused(problemText(asProblem(error)))
    }
  }

  async #load(): Promise<void> {
    try {
      this.#rows = (await get('/api/v1/saved-views?list=alarms&limit=100', Page)).items
      this.#count()
    } catch (error) {
      // What was known stays; the next change of a view, or the next visit, asks again.
      if (asProblem(error).status === 500) throw error
    }
  }

  #count() {
    const { alarms } = this.#live
    if (alarms.large) this.#countRemotely()
    else if (alarms.painted > 0 && !document.hidden) this.#counts = this.#countHere()
  }

  #filterOf(query: string) {
    const parsed = parseQuery(new URLSearchParams(query))
    return parsed.tab === 'history' ? null : combined(parsed, session.current?.operator ?? null, Date.now())
  }

  #countHere(): Record<string, number> {
    const wanted = this.#rows.map(({ id, query }) => ({ id, filter: this.#filterOf(query) }))
    const counts: Record<string, number> = Object.fromEntries(wanted.map(({ id }) => [id, 0]))
    for (const row of this.#live.alarms.rows()) {
      for (const { id, filter } of wanted) if (filter && alarmMatches(row, filter)) counts[id] = (counts[id] ?? 0) + 1
    }
    return counts
  }

  #countRemotely() {
    const counts: Record<string, number> = {}
    for (const { id, query } of this.#rows.slice(0, mostCounted)) {
      const filter = this.#filterOf(query)
      if (!filter) continue
      const known = this.#counting.get(id)
      if (known?.feed.answered) counts[id] = known.feed.total
      if (known) continue
      const feed = new WindowFeed<unknown>('alarms', { filter, sort: 'severity', from: 0, count: 1 })
      this.#counting.set(id, { feed, leave: this.#live.connection.follow(feed) })
    }
    for (const [id, { leave }] of this.#counting) {
      if (this.#rows.some((row) => row.id === id)) continue
      leave()
      this.#counting.delete(id)
    }
    this.#counts = counts
  }
}
