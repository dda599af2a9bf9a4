import type { Changes, Collection } from './collection.svelte.ts'
import { HeldList } from './held-list.ts'
import type { Hooks, ListModel, ListState } from './list-model.ts'
import { SortedList } from './sorted-list.ts'

export interface Question<T> {
  matches: (row: T) => boolean
  compare: (a: T, b: T) => number
  counters: (rows: Iterable<T>) => Record<string, number>
}

/** A list over a room that is here as a whole: filtered and ordered on the spot. */
export class WholeList<T extends { id: string }> implements ListModel<T> {
  readonly stop: () => void
  readonly #source: Collection<T>
  readonly #question: Question<T>
  readonly #hooks: Hooks<T>
  readonly #sorted: SortedList<T>
  readonly #held: HeldList<T>
  /** Rows of the first load take their places even under a hand: they are no news. */
  #loaded: boolean

  constructor(source: Collection<T>, question: Question<T>, hooks: Hooks<T>) {
    this.#source = source
    this.#question = question
    this.#hooks = hooks
    this.#sorted = new SortedList(question.compare, question.matches)
    this.#sorted.load(source.rows())
    this.#held = new HeldList(this.#sorted)
    this.#loaded = source.whole
    this.stop = source.listen((changes) => this.#take(changes))
  }

  get state(): ListState<T> {
    const { shown, waiting, left } = this.#held
    const gone = new Set(left)
    return {
      rows: shown,
      waiting: waiting.size > 0 ? this.#question.counters(waiting.values()) : {},
      left: gone.size,
      hasLeft: ({ id }) => gone.has(id),
      matching: this.#sorted.rows.length,
      ready: this.#source.painted > 0 && (this.#source.whole || this.#source.held > 0),
    }
  }

  hold(held: boolean) {
    if (held === this.#held.held) return
    this.#held.hold(held)
    this.#hooks.changed()
  }

  show() {
    this.#held.show()
    this.#hooks.changed()
  }

  look() {
    return
  }

  rankOf(id: string): number {
    return this.#held.shown.findIndex((row) => row.id === id)
  }

  get(id: string): T | undefined {
    return this.#source.get(id) ?? this.#held.shown[this.rankOf(id)]
  }

  version(id: string): number | undefined {
    return this.#source.version(id)
  }

  #take(changes: Changes<T>) {
    for (const [id, row] of changes) {
      const before = this.#sorted.get(id)
      if (before && row) this.#hooks.noticed(before, row)
    }
    this.#sorted.apply(changes)
    this.#held.apply(changes)
    if (!this.#loaded) this.#held.show()
    this.#loaded = this.#source.whole
    this.#hooks.changed()
  }
}
