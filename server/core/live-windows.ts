/**
 * Windows of views too large to be held whole (S10): by rank as it is now, by rank of an order held still (a pin), or by
 * id. One computation per distinct window, at most once a second; orders are kept, not sorted again.
 */
import { createHash } from 'node:crypto'
import type { Cursor, PinState, SubAnswer, SubRequest, WindowPush } from '#wire'
import type { LiveRoom } from './live-room.ts'
import { LiveWindow, type Ranking } from './sync/live-window.ts'
import { PinnedWindow, type Standing } from './sync/pinned-window.ts'
import type { Pin, Ranked } from './sync/ranked.ts'

type WindowAsk = NonNullable<SubRequest['window']>
type WindowState = Pick<SubAnswer, 'order' | 'rows' | 'total' | 'k' | 'pin'> & { n: number }

export interface OpenWindow {
  readonly room: string
  readonly n: number
  state: () => WindowState
}

interface Open {
  window: OpenWindow
  push: () => WindowPush | null
  /** Says that its order is in use. */
  touch?: () => void
  /** What it is computed from, when it was last computed. */
  stamp: () => string
  seen: string
  pin?: string
}

interface HeldPin {
  ranked: Ranked
  pin: Pin
  heldAt: number
}

/** A page that lost its line, or is between two stretches of the same order, finds its pin again. */
const pinKeptMs = 20_000

export class LiveWindows {
  readonly #position: () => Cursor
  readonly #now: () => number
  readonly #open = new Map<string, Open>()
  readonly #pins = new Map<string, HeldPin>()
  readonly #waiting = new WeakMap<Pin, { stamp: string; counts: Record<string, number> }>()

  /** `position`: how far the views are that windows are ranked from (S11). */
  constructor(position: () => Cursor, now: () => number) {
    this.#position = position
    this.#now = now
  }

  /** The window's socket room, opened if nobody holds it yet; null: its pin is not known here (any more). */
  open(room: LiveRoom, ask: WindowAsk, filter: unknown): OpenWindow | null {
    if (ask.pin !== undefined) return this.#openPinned(room, ask, filter)
    return this.#once(nameOf(room, [filter, ask.sort, ask.from, ask.count]), (name) => {
      room.count()
      const window = new LiveWindow(name, this.#rank(room, ask, filter))
      return {
        window,
        push: () => window.push(this.#rank(room, ask, filter)),
        // Its counters go with it, also where nobody holds the room whole.
        touch: () => (room.count(), room.ranked(filter, ask.sort)),
        stamp: () => stampOf(room, true),
      }
    })
  }

  /** Rows by id, as they are. */
  openItems(room: LiveRoom, ids: readonly string[]): OpenWindow {
    return this.#once(nameOf(room, ids), (name) => {
      const standing = (): Standing => ({ row: (id) => room.rows.get(id), at: this.#at(), total: ids.length })
      const window = new PinnedWindow(name, ids, standing())
      return { window, push: () => window.push(standing()), stamp: () => stampOf(room) }
    })
  }

  /** Computed again where the room changed; windows and pins that nobody holds any more are forgotten. */
  push(held: (name: string) => boolean, send: (name: string, push: WindowPush) => void): void {
    for (const [name, open] of this.#open) {
      if (!held(name)) {
        this.#open.delete(name)
        continue
      }
      open.touch?.()
      const pin = open.pin === undefined ? undefined : this.#pins.get(open.pin)
      if (pin) pin.heldAt = this.#now()
      const now = open.stamp()
      if (now === open.seen) continue
      open.seen = now
      const push = open.push()
      if (push) send(name, push)
    }
    for (const [name, { ranked, heldAt }] of this.#pins) {
      if (this.#now() - heldAt <= pinKeptMs) continue
      this.#pins.delete(name)
      ranked.unpin(name)
    }
  }

  heads(): Iterable<[string, number]> {
    return [...this.#open].map(([name, { window }]): [string, number] => [name, window.n])
  }

  #openPinned(room: LiveRoom, ask: WindowAsk, filter: unknown): OpenWindow | null {
    const ranked = room.ranked(filter, ask.sort)
    const pin = ask.pin === 'now' ? ranked.pin() : ranked.pinned(ask.pin ?? '')
    if (!pin) return null
    this.#pins.set(pin.name, { ranked, pin, heldAt: this.#now() })
    return this.#once(nameOf(room, [pin.name, ask.from, ask.count]), (name) => {
      const ids = pin.slice(ask.from, ask.count).map(([id]) => id)
      const standing = (): Standing => ({
        row: (id) => room.rows.get(id),
        at: this.#at(),
        pin: this.#stateOf(room, ranked, pin),
        total: pin.size,
      })
      const window = new PinnedWindow(name, ids, standing())
      return {
        window,
        pin: pin.name,
        stamp: () => stampOf(room),
        push: () => window.push(standing()),
        touch: () => room.ranked(filter, ask.sort),
      }
    })
  }

  #once(name: string, make: (name: string) => Omit<Open, 'seen'>): OpenWindow {
    let open = this.#open.get(name)
    if (!open) {
      const made = make(name)
      open = { ...made, seen: made.stamp() }
      this.#open.set(name, open)
    }
    return open.window
  }

  #rank(room: LiveRoom, ask: WindowAsk, filter: unknown): Ranking<unknown> {
    const ranked = room.ranked(filter, ask.sort)
    return {
      order: ranked.slice(ask.from, ask.count).map(([id]) => id),
      row: (id) => room.rows.get(id),
      at: this.#at(),
      total: ranked.size,
      values: room.log.values(),
    }
  }

  #stateOf(room: LiveRoom, ranked: Ranked, pin: Pin): PinState {
    const moved = ranked.version !== pin.version
    return { name: pin.name, matching: ranked.size, waiting: this.#count(room, pin), left: pin.left.size, moved }
  }

  /** Counted once for all stretches of a pin. */
  #count(room: LiveRoom, pin: Pin): Record<string, number> {
    if (pin.waiting.size === 0) return {}
    const stamp = stampOf(room)
    const known = this.#waiting.get(pin)
    if (known?.stamp === stamp) return known.counts
    const rows = [...pin.waiting].flatMap((id) => room.rows.get(id)?.[2] ?? [])
    const counts = room.key.view.contract.counters(rows)
    this.#waiting.set(pin, { stamp, counts })
    return counts
  }

  #at(): Cursor {
    return { ...this.#position() }
  }
}

const stampOf = (room: LiveRoom, values = false) =>
  `${room.log.epoch}-${room.log.head}${values ? `-${room.log.counter}` : ''}`

function nameOf(room: LiveRoom, asked: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(asked)).digest('base64url')
  return `${room.name}|window|${hash.slice(0, 16)}`
}
