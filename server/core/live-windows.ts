/** Windows by rank of large or remote views (S10): one computation per distinct window, at most once a second. */
import { createHash } from 'node:crypto'
import type { Cursor, SubRequest } from '#wire'
import type { LiveRoom } from './live-room.ts'
import { LiveWindow, type Ranking } from './sync/live-window.ts'

type WindowAsk = NonNullable<SubRequest['window']>

interface Open {
  room: LiveRoom
  ask: WindowAsk
  filter: unknown
  window: LiveWindow
  /** Head and counter of the room when last ranked. */
  seen: string
}

export class LiveWindows {
  readonly #position: () => Cursor
  #open = new Map<string, Open>()

  /** `position`: how far the views are that windows are ranked from (S11). */
  constructor(position: () => Cursor) {
    this.#position = position
  }

  /** The window's socket room, opened if nobody holds it yet. */
  open(room: LiveRoom, ask: WindowAsk, filter: unknown): LiveWindow {
    const hash = createHash('sha256')
      .update(JSON.stringify([filter, ask.sort, ask.from, ask.count]))
      .digest('base64url')
    const name = `${room.name}|window|${hash.slice(0, 16)}`
    let open = this.#open.get(name)
    if (!open) {
      room.count()
      open = { room, ask, filter, window: new LiveWindow(name, this.#rank(room, ask, filter)), seen: stamp(room) }
      this.#open.set(name, open)
    }
    return open.window
  }

  /** Ranks again where the room changed; windows that nobody holds any more are forgotten. */
  push(
    held: (name: string) => boolean,
    send: (name: string, push: NonNullable<ReturnType<LiveWindow['push']>>) => void,
  ): void {
    for (const [name, open] of this.#open) {
      if (!held(name)) {
        this.#open.delete(name)
        continue
      }
      const now = stamp(open.room)
      if (now === open.seen) continue
      open.seen = now
      const push = open.window.push(this.#rank(open.room, open.ask, open.filter))
      if (push) send(name, push)
    }
  }

  heads(): Iterable<[string, number]> {
    return [...this.#open].map(([name, { window }]): [string, number] => [name, window.n])
  }

  #rank(room: LiveRoom, ask: WindowAsk, filter: unknown): Ranking<unknown> {
    const matching = room.ranked((row) => room.key.view.contract.matches(row, filter), ask.sort)
    return {
      order: matching.slice(ask.from, ask.from + ask.count),
      row: (id) => room.rows.get(id),
      at: { ...this.#position() },
      total: matching.length,
      values: room.log.values(),
    }
  }
}

const stamp = (room: LiveRoom) => `${room.log.epoch}-${room.log.head}-${room.log.counter}`
