import { SvelteSet } from 'svelte/reactivity'
import type { ViewContract } from '#wire'
import type { Collection } from './collection.svelte.ts'
import type { Connection } from './connection.svelte.ts'
import type { ListModel, ListState } from './list-model.ts'
import { WholeList } from './whole-list.ts'

export interface ListSource<T, F> {
  contract: ViewContract<T, F>
  rows: Collection<T>
  connection: Connection
}

/** A list as one operator sees it: filter, order, cursor, selection, and what waits while a hand is on it. */
export class LiveList<T extends { id: string }, F extends object> {
  state = $state.raw<ListState<T>>(nothing())
  cursor = $state<string | null>(null)
  readonly selected = new SvelteSet<string>()
  frozen = $state(false)
  over = $state(false)
  opened = $state<string | null>(null)
  scrolled = $state(false)
  readonly #source: ListSource<T, F>
  readonly #noticed: (before: T, after: T) => void
  #model: ListModel<T> | null = null
  #held = false
  #asked = 0
  /** Where the last choice of a row was: a range begins there. */
  #anchor: string | null = null

  constructor(source: ListSource<T, F>, noticed: (before: T, after: T) => void = () => undefined) {
    this.#source = source
    this.#noticed = noticed
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

  /** null: nothing can match. */
  find(filter: F | null, sort: string) {
    const asked = ++this.#asked
    if (filter === null) {
      this.stop()
      this.state = { ...nothing<T>(), ready: true }
      return
    }
    const { contract, rows, connection } = this.#source
    const matches = (row: T) => contract.matches(row, filter)
    const hooks = {
      changed: () => asked === this.#asked && this.#paint(),
      noticed: this.#noticed,
    }
    if (!rows.large) {
      const compare = contract.orders[sort] ?? (() => 0)
      this.#take(new WholeList(rows, { matches, compare, counters: (each) => contract.counters(each) }, hooks))
      return
    }
    void import('./pinned-list.ts').then(({ PinnedList }) => {
      if (asked !== this.#asked) return
      this.#take(
        new PinnedList(
          connection,
          { view: contract.name, filter: Object.fromEntries(Object.entries(filter)), sort },
          matches,
          hooks,
        ),
      )
    })
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

  get(id: string | null): T | undefined {
    return id === null ? undefined : this.#model?.get(id)
  }

  /** Of the row as it is shown. */
  version(id: string): number | undefined {
    return this.#model?.version(id) ?? this.#source.rows.version(id)
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
  chosen(): T[] {
    if (this.selected.size > 0) return [...this.selected].flatMap((id) => this.get(id) ?? [])
    const one = this.get(this.cursor) ?? this.get(this.opened)
    return one ? [one] : []
  }

  /** How many would match, counted here; null where the rows are not here. */
  matching(filter: F | null): number | null {
    if (filter === null) return 0
    const { contract, rows } = this.#source
    if (rows.large) return null
    let sum = 0
    for (const row of rows.rows()) if (contract.matches(row, filter)) sum++
    return sum
  }

  /** An act returned this version: resolves when the page shows it or does not have the row, false when it is late (S14). */
  reached(id: string, v: number, withinMs = 6000): Promise<boolean> {
    const { rows } = this.#source
    if (!rows.large) return rows.reached(id, v, withinMs)
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

  #take(model: ListModel<T>) {
    this.#model?.stop()
    this.#model = model
    model.hold(this.#held)
    this.#paint()
  }

  #paint() {
    if (this.#model) this.state = this.#model.state
  }
}

const nothing = <T>(): ListState<T> => ({
  rows: [],
  waiting: {},
  left: 0,
  hasLeft: () => false,
  matching: 0,
  ready: false,
})
