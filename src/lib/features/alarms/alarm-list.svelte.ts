import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import { alarmMatches, Alarms, type AlarmRow } from '#contract/alarms'
import type { Live } from '../../console/live.ts'
import type { ListModel, ListState } from '../../sync/list-model.ts'
import { WholeList } from '../../sync/whole-list.ts'
import { combined, type ListQuery, type Me } from './list-query.ts'

const rememberMs = 4000
const nothing: ListState<AlarmRow> = {
  rows: [],
  waiting: {},
  left: 0,
  hasLeft: () => false,
  matching: 0,
  ready: false,
}

/** What another one just did to a row. */
export interface Just {
  name: string
  what: 'acknowledged' | 'claimed'
}

/** The list as one operator sees it: filter, order, cursor, selection, and what waits while a hand is on it. */
export class AlarmList {
  state = $state.raw<ListState<AlarmRow>>(nothing)
  cursor = $state<string | null>(null)
  readonly selected = new SvelteSet<string>()
  frozen = $state(false)
  over = $state(false)
  opened = $state<string | null>(null)
  scrolled = $state(false)
  /** For four seconds, by alarm. */
  readonly just = new SvelteMap<string, Just>()
  readonly #live: Live
  readonly #me: () => Me | null
  #query: ListQuery
  #model: ListModel<AlarmRow> | null = null
  #held = false
  #asked = 0
  /** Where the last choice of a row was: a range begins there. */
  #anchor: string | null = null

  constructor(live: Live, query: ListQuery, me: () => Me | null) {
    this.#live = live
    this.#me = me
    this.#query = query
  }

  get rows() {
    return this.state.rows
  }

  /** A hand is on the list: rows stay where they are. */
  get hand(): boolean {
    return (
      this.frozen ||
      this.over ||
      this.scrolled ||
      this.opened !== null ||
      this.cursor !== null ||
      this.selected.size > 0
    )
  }

  stop() {
    this.#asked++
    this.#model?.stop()
    this.#model = null
  }

  ask(query: ListQuery) {
    this.#query = query
    const asked = ++this.#asked
    const filter = combined(query, this.#me(), Date.now())
    if (filter === null) {
      this.stop()
      this.state = { ...nothing, ready: true }
      return
    }
    const matches = (row: AlarmRow) => alarmMatches(row, filter)
    const hooks = {
      changed: () => asked === this.#asked && this.#paint(),
      noticed: (before: AlarmRow, after: AlarmRow) => this.#notice(before, after),
    }
    const { alarms, connection } = this.#live
    if (!alarms.large) {
      const compare = Alarms.orders[query.sort] ?? (() => 0)
      this.#take(new WholeList(alarms, { matches, compare, counters: (rows) => Alarms.counters(rows) }, hooks))
      return
    }
    void import('../../sync/pinned-list.ts').then(({ PinnedList }) => {
      if (asked === this.#asked)
        this.#take(new PinnedList(connection, { view: 'alarms', filter, sort: query.sort }, matches, hooks))
    })
  }

  /** The moving time range has moved. */
  refilter() {
    if (this.#query.last && !this.hand) this.ask(this.#query)
  }

  hold(held: boolean) {
    this.#held = held
    this.#model?.hold(held)
  }

  /** Waiting rows take their places; the row the keyboard is on stays chosen. */
  show() {
    this.#model?.show()
  }

  look(from: number, to: number) {
    this.#model?.look(from, to)
  }

  at(id: string | null): number {
    return id === null ? -1 : (this.#model?.rankOf(id) ?? -1)
  }

  get(id: string | null): AlarmRow | undefined {
    return id === null ? undefined : this.#model?.get(id)
  }

  step(by: number): number {
    const at = this.at(this.cursor)
    const next = at < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, at + by))
    // Not here yet: the keyboard waits for it.
    const row = this.rows.at(next)
    if (row) this.cursor = this.#anchor = row.id
    return row ? next : at
  }

  anchorAt(id: string) {
    this.#anchor = id
  }

  toggle(id: string) {
    this.#anchor = id
    if (!this.selected.delete(id)) this.selected.add(id)
  }

  /** From the last chosen row to this one, as far as it is here. */
  selectTo(id: string) {
    const from = this.at(this.#anchor ?? this.cursor ?? this.opened ?? id)
    const to = this.at(id)
    if (from < 0 || to < 0) return this.toggle(id)
    for (let rank = Math.min(from, to); rank <= Math.max(from, to); rank++) {
      const row = this.rows.at(rank)
      if (row) this.selected.add(row.id)
    }
  }

  /** What an act is about: the selection, else the row under the cursor, else the open one. */
  chosen(): AlarmRow[] {
    if (this.selected.size > 0) return [...this.selected].flatMap((id) => this.get(id) ?? [])
    const one = this.get(this.cursor) ?? this.get(this.opened)
    return one ? [one] : []
  }

  /** How many would match, counted here; null where the rows are not here. */
  count(query: ListQuery): number | null {
    const filter = combined(query, this.#me(), Date.now())
    if (filter === null) return 0
    if (this.#live.alarms.large) return null
    let sum = 0
    for (const row of this.#live.alarms.rows()) if (alarmMatches(row, filter)) sum++
    return sum
  }

  /** An act returned this version: resolves when the page shows it or does not have the row, false when it is late (S14). */
  reached(id: string, v: number, withinMs = 6000): Promise<boolean> {
    if (!this.#live.alarms.large) return this.#live.alarms.reached(id, v, withinMs)
    const there = () => (this.#model?.version(id) ?? v) >= v
    if (there()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const looking = setInterval(() => there() && finish(true), 50)
      const late = setTimeout(() => finish(false), withinMs)
      const finish = (reached: boolean) => {
        clearInterval(looking)
        clearTimeout(late)
        resolve(reached)
      }
    })
  }

  #take(model: ListModel<AlarmRow>) {
    this.#model?.stop()
    this.#model = model
    model.hold(this.#held)
    this.#paint()
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

  #paint() {
    if (this.#model) this.state = this.#model.state
  }
}
