import type { AlarmRow } from '#contract/alarms'
import type { Problem } from '#wire'
import type { PinnedFeed } from '../../sync/pinned-feed.ts'
import type { Live } from '../../console/live.ts'
import { asProblem } from '../../sync/send.ts'
import type { AlarmList } from './alarm-list.svelte.ts'
import type { Finished, History } from './history.svelte.ts'
import { readAlarm } from './reports.ts'

/** The alarm whose detail is open: live while it lives, then as it was last seen; it never closes by itself. */
export class OpenAlarm {
  row = $state.raw<Finished | null>(null)
  /** It has left the live list while it was open. */
  gone = $state(false)
  missing = $state(false)
  /** It could not be read: not the same as not being there. */
  failed = $state.raw<Problem | null>(null)
  readonly #live: Live
  readonly #list: AlarmList
  readonly #history: History
  #id: string | null = null
  #followed: PinnedFeed<AlarmRow> | null = null
  #asking: AbortController | null = null
  #leave: (() => void) | null = null

  constructor(live: Live, list: AlarmList, history: History) {
    this.#live = live
    this.#list = list
    this.#history = history
  }

  async open(id: string | null): Promise<void> {
    if (id === this.#id) return
    this.stop()
    this.#id = id
    this.missing = false
    this.failed = null
    this.gone = false
    this.row = this.#here(id) ?? this.#history.rows.find((row) => row.id === id) ?? null
    if (id === null) return
    if (this.#live.alarms.large && this.row?.endedAt === undefined) void this.#follow(id)
    if (this.row) return
    const asking = (this.#asking = new AbortController())
    try {
      const { ended, ...found } = await readAlarm(id, asking.signal)
      if (this.#id === id) this.row = ended ? { ...found, endedAt: found.clearedAt ?? found.lastSeenAt } : found
    } catch (error) {
      if (this.#id !== id || asking.signal.aborted) return
      const problem = asProblem(error)
      if (problem.status === 404) this.missing = true
      else this.failed = problem
    }
  }

  async again(): Promise<void> {
    const id = this.#id
    this.#id = null
    await this.open(id)
  }

  /** Of the row as it is shown; undefined: not followed. */
  version(): number | undefined {
    return this.#id === null ? undefined : this.#followed?.held.version(this.#id)
  }

  /** After each painted batch. */
  refresh(): void {
    const { alarms } = this.#live
    if (alarms.large) return
    this.#take(this.#id === null ? undefined : alarms.get(this.#id), alarms.whole)
  }

  stop() {
    this.#asking?.abort()
    this.#leave?.()
    this.#leave = null
    this.#followed = null
  }

  /** Of a room that is not here as a whole, this one row is. */
  async #follow(id: string): Promise<void> {
    const { PinnedFeed: Feed } = await import('../../sync/pinned-feed.ts')
    if (this.#id !== id) return
    const feed: PinnedFeed<AlarmRow> = new Feed<AlarmRow>({
      view: 'alarms',
      ask: () => ({ ids: [id] }),
      position: () => null,
      changed: () => this.#take(feed.held.gone.has(id) ? undefined : feed.held.rows.get(id), true),
    })
    this.#followed = feed
    this.#leave = this.#live.connection.follow(feed)
  }

  #here(id: string | null): AlarmRow | undefined {
    return id === null ? undefined : (this.#live.alarms.get(id) ?? this.#list.get(id))
  }

  #take(current: AlarmRow | undefined, known: boolean): void {
    if (current && current !== this.row) {
      this.row = current
      this.gone = false
    } else if (!current && known && this.row && this.row.endedAt === undefined) this.gone = true
  }
}
