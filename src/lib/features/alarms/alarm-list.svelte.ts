import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import { alarmMatches, Alarms, type AlarmRow } from '#contract/alarms'
import type { Changes, Collection } from '../../sync/collection.svelte.ts'
import { HeldList } from '../../sync/held-list.ts'
import { SortedList } from '../../sync/sorted-list.ts'
import { effective, statesOf, type ListQuery } from './list-query.ts'

const rememberMs = 4000

/** The list as one operator sees it: filter, order, cursor, selection, and what waits while a hand is on it. */
export class AlarmList {
  rows = $state.raw<readonly AlarmRow[]>([])
  waiting = $state.raw<readonly AlarmRow[]>([])
  left = $state.raw<ReadonlySet<string>>(new Set())
  /** How many match, the waiting ones too. */
  matching = $state(0)
  cursor = $state<string | null>(null)
  readonly selected = new SvelteSet<string>()
  frozen = $state(false)
  over = $state(false)
  opened = $state<string | null>(null)
  scrolled = $state(false)
  /** Who just acknowledged, for four seconds, by alarm. */
  readonly just = new SvelteMap<string, string>()
  readonly #source: Collection<AlarmRow>
  readonly #me: () => string | null
  #query: ListQuery
  /** Rows of the first load take their places even under a hand: they are no news. */
  #loaded = false
  #sorted: SortedList<AlarmRow>
  #held: HeldList<AlarmRow>

  constructor(source: Collection<AlarmRow>, query: ListQuery, me: () => string | null) {
    this.#source = source
    this.#me = me
    this.#query = query
    this.#sorted = this.#build(query)
    this.#held = new HeldList(this.#sorted)
    this.#loaded = source.whole
    this.#paint()
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

  follow(): () => void {
    return this.#source.listen((changes) => this.#take(changes))
  }

  ask(query: ListQuery) {
    this.#query = query
    this.#sorted = this.#build(query)
    this.#held.replace(this.#sorted)
    this.#paint()
  }

  /** The moving time range has moved. */
  refilter() {
    if (this.#query.last && !this.hand) this.ask(this.#query)
  }

  hold(held: boolean) {
    if (held === this.#held.held) return
    this.#held.hold(held)
    this.#paint()
  }

  /** Waiting rows take their places; the row the keyboard is on stays chosen. */
  show() {
    this.#held.show()
    this.#paint()
  }

  at(id: string | null): number {
    return id === null ? -1 : this.rows.findIndex((row) => row.id === id)
  }

  row(id: string | null): AlarmRow | undefined {
    return id === null ? undefined : this.rows[this.at(id)]
  }

  step(by: number): number {
    const at = this.at(this.cursor)
    const next = at < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, at + by))
    this.cursor = this.rows[next]?.id ?? null
    return next
  }

  toggle(id: string) {
    if (!this.selected.delete(id)) this.selected.add(id)
  }

  /** What an act is about: the selection, else the row under the cursor, else the open one. */
  chosen(): AlarmRow[] {
    if (this.selected.size > 0) return this.rows.filter((row) => this.selected.has(row.id))
    const one = this.row(this.cursor) ?? this.row(this.opened)
    return one ? [one] : []
  }

  /** How many would match without one of the conditions. */
  count(query: ListQuery): number {
    const matches = this.#matcher(query)
    let sum = 0
    for (const row of this.#source.rows()) if (matches(row)) sum++
    return sum
  }

  #matcher(query: ListQuery): (row: AlarmRow) => boolean {
    const filter = effective(query, Date.now())
    const states = statesOf[query.tab]
    return (row) => (states === null || states.includes(row.state)) && alarmMatches(row, filter)
  }

  #build(query: ListQuery): SortedList<AlarmRow> {
    const order = Alarms.orders[query.sort] ?? Alarms.orders[Alarms.defaultOrder]
    const list = new SortedList<AlarmRow>(order ?? ((a, b) => (a.id < b.id ? -1 : 1)), this.#matcher(query))
    list.load(this.#source.rows())
    return list
  }

  #take(changes: Changes<AlarmRow>) {
    for (const [id, row] of changes) this.#notice(id, row)
    this.#sorted.apply(changes)
    this.#held.apply(changes)
    if (!this.#loaded) this.#held.show()
    this.#loaded ||= this.#source.whole
    this.#paint()
  }

  #notice(id: string, row: AlarmRow | null) {
    if (!row?.acknowledgedBy || row.acknowledgedAt === null) return
    const fresh = Math.abs(Date.now() - row.acknowledgedAt) < 60_000
    const before = this.#sorted.get(id)
    if (!fresh || !before || before.acknowledgedAt === row.acknowledgedAt || row.acknowledgedBy === this.#me()) return
    this.just.set(id, row.acknowledgedBy)
    setTimeout(() => this.just.delete(id), rememberMs)
  }

  #paint() {
    this.rows = this.#held.shown
    this.waiting = [...this.#held.waiting.values()]
    this.left = new Set(this.#held.left)
    this.matching = this.#sorted.rows.length
  }
}
