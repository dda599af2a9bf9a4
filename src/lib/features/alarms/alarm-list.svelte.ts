import { SvelteMap } from 'svelte/reactivity'
import { Alarms, type AlarmFilter, type AlarmRow } from '#contract/alarms'
import type { Live } from '../../console/live.ts'
import { LiveList } from '../../sync/live-list.svelte.ts'
import { combined, type ListQuery, type Me } from './list-query.ts'

const rememberMs = 4000

/** What another one just did to a row. */
export interface Just {
  name: string
  what: 'acknowledged' | 'claimed'
}

/** The list of alarms: its question is the one in the address, and it remembers what others just did. */
export class AlarmList extends LiveList<AlarmRow, AlarmFilter> {
  /** For four seconds, by alarm. */
  readonly just = new SvelteMap<string, Just>()
  readonly #me: () => Me | null
  #query: ListQuery

  constructor({ connection, alarms }: Live, query: ListQuery, me: () => Me | null) {
    super({ contract: Alarms, rows: alarms, connection }, (before, after) => this.#notice(before, after))
    this.#me = me
    this.#query = query
  }

  ask(query: ListQuery) {
    this.#query = query
    this.find(combined(query, this.#me(), Date.now()), query.sort)
  }

  /** The moving time range has moved. */
  refilter() {
    if (this.#query.last && !this.hand) this.ask(this.#query)
  }

  /** How many would match, counted here; null where the rows are not here. */
  count(query: ListQuery): number | null {
    return this.matching(combined(query, this.#me(), Date.now()))
  }

  #notice(before: AlarmRow, after: AlarmRow) {
    const by = (name: string | null, at: number | null, was: number | null) =>
      name !== null && at !== null && at !== was && Math.abs(Date.now() - at) < 60_000 && name !== this.#me()?.name
    if (by(after.owner, after.claimedAt, before.claimedAt)) this.#tell(after.id, after.owner ?? '', 'claimed')
    else if (by(after.acknowledgedBy, after.acknowledgedAt, before.acknowledgedAt))
      this.#tell(after.id, after.acknowledgedBy ?? '', 'acknowledged')
  }

  #tell(id: string, name: string, what: Just['what']) {
    this.just.set(id, { name, what })
    setTimeout(() => this.just.delete(id), rememberMs)
  }
}
