import { asProblem } from '../../sync/send.ts'
import type { Collection } from '../../sync/collection.svelte.ts'
import type { AlarmRow } from '#contract/alarms'
import type { Finished, History } from './history.svelte.ts'
import { readAlarm } from './reports.ts'

/** The alarm whose detail is open: live while it lives, then as it was last seen; it never closes by itself. */
export class OpenAlarm {
  row = $state.raw<Finished | null>(null)
  /** It has left the live list while it was open. */
  gone = $state(false)
  missing = $state(false)
  readonly #alarms: Collection<AlarmRow>
  readonly #history: History
  #id: string | null = null
  #asking: AbortController | null = null

  constructor(alarms: Collection<AlarmRow>, history: History) {
    this.#alarms = alarms
    this.#history = history
  }

  async open(id: string | null): Promise<void> {
    if (id === this.#id) return
    this.#asking?.abort()
    this.#id = id
    this.missing = false
    this.gone = false
    this.row = id === null ? null : (this.#alarms.get(id) ?? this.#history.rows.find((row) => row.id === id) ?? null)
    if (id === null || this.row) return
    const asking = (this.#asking = new AbortController())
    try {
      const { ended, ...found } = await readAlarm(id, asking.signal)
      if (this.#id === id) this.row = ended ? { ...found, endedAt: found.clearedAt ?? found.lastSeenAt } : found
    } catch (error) {
      if (this.#id === id && !asking.signal.aborted) this.missing = asProblem(error).status === 404
    }
  }

  /** After each painted batch. */
  refresh(): void {
    const current = this.#id === null ? undefined : this.#alarms.get(this.#id)
    if (current && current !== this.row) {
      this.row = current
      this.gone = false
    } else if (!current && this.row && this.row.endedAt === undefined && this.#alarms.whole) this.gone = true
  }
}
