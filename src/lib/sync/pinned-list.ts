import type { Cursor, PinState } from '#wire'
import { perFrame, type Feed } from './feed.ts'
import type { Hooks, ListModel, ListState } from './list-model.ts'
import { PinnedFeed } from './pinned-feed.ts'

const stretch = 50
/** Stretches that scrolled away are remembered as they were, for the moment until they are told anew. */
const remembered = 40
/** A fling passes hundreds of rows: what it ends on is asked for, not all that it passes. */
const askEveryMs = 60

export interface Asked {
  view: string
  filter: Record<string, unknown>
  sort: string
}

export interface Following {
  follow: (feed: Feed) => () => void
}

interface Stretch<T> {
  feed: PinnedFeed<T>
  leave: () => void
}

/** One order, held still from when its first stretch was asked for. */
class Generation<T> {
  readonly stretches = new Map<number, Stretch<T>>()
  readonly past = new Map<number, PinnedFeed<T>>()
  pin: PinState | null = null
  total = 0

  rowAt(rank: number): T | undefined {
    const feed = this.feedAt(Math.floor(rank / stretch))
    const id = feed?.held.order[rank % stretch]
    return id === undefined ? undefined : feed?.held.rows.get(id)
  }

  feedAt(part: number): PinnedFeed<T> | undefined {
    const open = this.stretches.get(part)?.feed
    return open?.room ? open : (this.past.get(part) ?? open)
  }

  *feeds(): Generator<[number, PinnedFeed<T>]> {
    for (const [part, { feed }] of this.stretches) yield [part, feed]
    for (const [part, feed] of this.past) if (!this.stretches.has(part)) yield [part, feed]
  }

  /** One that is not answered yet is let go when it is. */
  close(part: number) {
    const open = this.stretches.get(part)
    if (!open?.feed.room) return
    this.stretches.delete(part)
    open.leave()
    this.past.delete(part)
    this.past.set(part, open.feed)
    for (const oldest of this.past.keys()) {
      if (this.past.size <= remembered) break
      this.past.delete(oldest)
    }
  }

  end() {
    for (const { leave } of this.stretches.values()) leave()
    this.stretches.clear()
  }
}

/**
 * A list over a room of any size: the server holds an order still, this holds the stretches of it around what is looked
 * at. Without a hand on it, a newer order takes its place as soon as that one's rows are here.
 */
export class PinnedList<T extends { id: string }> implements ListModel<T> {
  readonly #connection: Following
  readonly #asked: Asked
  readonly #matches: (row: T) => boolean
  readonly #hooks: Hooks<T>
  readonly #paint: () => void
  #shown = new Generation<T>()
  #next: Generation<T> | null = null
  #held = false
  /** Asked for although a hand is on it. */
  #wanted = false
  #range = { from: 0, to: 30 }
  #position: Cursor | null = null
  #asking: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  constructor(connection: Following, asked: Asked, matches: (row: T) => boolean, hooks: Hooks<T>) {
    this.#connection = connection
    this.#asked = asked
    this.#matches = matches
    this.#hooks = hooks
    this.#paint = perFrame(() => {
      if (!this.#stopped) hooks.changed()
    })
    this.#renew()
  }

  get state(): ListState<T> {
    const shown = this.#shown
    const { pin, total } = shown
    return {
      rows: { length: total, at: (rank) => shown.rowAt(rank) },
      waiting: pin?.waiting ?? {},
      left: pin?.left ?? 0,
      hasLeft: (row) => this.#isGone(row.id) || !this.#matches(row),
      matching: pin?.matching ?? 0,
      ready: pin !== null,
    }
  }

  hold(held: boolean) {
    this.#held = held
    if (!held) this.#follow()
    else if (!this.#wanted && this.#shown.pin) this.#forgetNext()
  }

  show() {
    this.#wanted = true
    this.#renew()
  }

  look(from: number, to: number) {
    this.#range = { from, to }
    this.#asking ??= setTimeout(() => {
      this.#asking = null
      if (!this.#stopped) this.#open(this.#shown)
    }, askEveryMs)
  }

  rankOf(id: string): number {
    for (const [part, { held }] of this.#shown.feeds()) {
      const at = held.order.indexOf(id)
      if (at >= 0) return part * stretch + at
    }
    return -1
  }

  get(id: string): T | undefined {
    for (const [, { held }] of this.#shown.feeds()) {
      const row = held.rows.get(id)
      if (row) return row
    }
    return undefined
  }

  version(id: string): number | undefined {
    for (const [, { held }] of this.#shown.feeds()) {
      const v = held.version(id)
      if (v !== undefined) return v
    }
    return undefined
  }

  stop() {
    this.#stopped = true
    if (this.#asking) clearTimeout(this.#asking)
    this.#shown.end()
    this.#next?.end()
  }

  #isGone(id: string): boolean {
    for (const [, { held }] of this.#shown.feeds()) if (held.gone.has(id)) return true
    return false
  }

  /** Asks for the order of now; shown when what is looked at is here. */
  #renew() {
    if (this.#next || this.#stopped) return
    const next = (this.#next = new Generation<T>())
    this.#openPart(next, this.#parts(Infinity)[0] ?? 0, 'now')
  }

  #forgetNext() {
    this.#next?.end()
    this.#next = null
  }

  /** Nobody minds if rows move: show what is true now. */
  #follow() {
    if (!this.#held && this.#shown.pin?.moved) this.#renew()
  }

  #parts(total: number, spare = 0): number[] {
    const first = Math.max(0, Math.floor((this.#range.from - spare) / stretch))
    const last = Math.max(first, Math.floor((Math.min(this.#range.to + spare, total) - 1) / stretch))
    return Array.from({ length: Math.min(last - first + 1, 8) }, (_, n) => first + n)
  }

  /** What is looked at and a little around it; the rest is let go. */
  #open(generation: Generation<T>) {
    if (!generation.pin) return
    const wanted = this.#parts(generation.total, stretch)
    for (const part of [...generation.stretches.keys()]) if (!wanted.includes(part)) generation.close(part)
    for (const part of wanted) this.#openPart(generation, part, generation.pin.name)
  }

  #openPart(generation: Generation<T>, part: number, pin: string) {
    if (generation.stretches.has(part)) return
    const { view, filter, sort } = this.#asked
    const window = { filter, sort, from: part * stretch, count: stretch }
    const feed: PinnedFeed<T> = new PinnedFeed<T>({
      view,
      ask: () => ({ window: { ...window, pin: generation.pin?.name ?? pin } }),
      position: () => this.#position,
      changed: () => this.#took(generation, feed),
      noticed: (before, after) => this.#hooks.noticed(before, after),
      lost: () => this.#lost(generation),
    })
    generation.stretches.set(part, { feed, leave: this.#connection.follow(feed) })
  }

  #took(generation: Generation<T>, { held }: PinnedFeed<T>) {
    if (this.#stopped) return
    const { at, pin } = held
    if (at && (!this.#position || at.e > this.#position.e || (at.e === this.#position.e && at.s > this.#position.s)))
      this.#position = at
    if (!pin) {
      generation.pin = null
      generation.total = 0
    } else {
      generation.pin = pin
      generation.total = held.total
      this.#open(generation)
    }
    if (generation === this.#next) this.#takePlace(generation)
    else this.#follow()
    this.#paint()
  }

  #takePlace(next: Generation<T>) {
    if (this.#held && !this.#wanted && this.#shown.pin) return this.#forgetNext()
    const here = this.#parts(next.total).every((part) => next.stretches.get(part)?.feed.room)
    if (!here) return
    this.#shown.end()
    this.#shown = next
    this.#next = null
    this.#wanted = false
    this.#open(next)
  }

  /** Another node, or away for long: the order of now is all there is. */
  #lost(generation: Generation<T>) {
    if (generation === this.#next) this.#forgetNext()
    // What is on the screen stays there until the order of now is here.
    else for (const part of [...generation.stretches.keys()]) generation.close(part)
    this.#wanted = true
    this.#renew()
  }
}
