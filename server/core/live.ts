/**
 * Live lists over sockets: tails the change log, decides once per entry which rooms see it, and sends each room one
 * encoded frame per window of time (S9–S13, S15, S16). Nothing here is computed per client.
 */
import type { Logger } from 'pino'
import type { PresenceEntry, Row, SubAnswer } from '#wire'
import type { AnyView, Collection } from './feature.ts'
import type { ChangeLog, LogEntry, LogReader } from './log.ts'
import { LiveRoom, laneName, roomName, roomsOf, type RoomKey } from './live-room.ts'
import { LiveWindows } from './live-windows.ts'
import type { Metrics } from './metrics.ts'
import { must } from './must.ts'
import type { Changed } from './publisher.ts'
import { Presence } from './presence.ts'
import { Cuts, PAGE } from './sync/cuts.ts'
import { lanes, type Lane } from './sync/room-log.ts'
import { untilKnown } from './until-known.ts'
import type { Views } from './views.ts'

/** Sends to everybody in a socket room of this node; encoded once. */
export type Broadcast = (socketRoom: string, event: 'f' | 'w', payload: object) => void

const windowMs: Record<Lane, number> = { fast: 25, slow: 250 }
const countEveryMs = 1_000

type LastValue = [tenant: string, view: string, key: string, value: unknown]

export class Live implements LogReader {
  readonly #views: Views
  readonly #log: ChangeLog
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #broadcast: Broadcast
  readonly #occupied: (socketRoom: string) => boolean
  readonly #reload: () => Promise<void>
  readonly #onRead: (sentAt: number) => void
  readonly #now: () => number
  readonly #byNoun = new Map<string, { collection: Collection; views: AnyView[] }>()
  readonly #rooms = new Map<string, LiveRoom>()
  readonly #flushedAt = new Map<string, number>()
  readonly #flushing = new Set<string>()
  readonly #presence = new Presence()
  readonly windows: LiveWindows
  readonly cuts: Cuts
  /** Sequence before the first entry this node knows: rooms made later know everything since. */
  #floor = { e: 0, s: 0 }
  #steady = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: {
    views: Views
    log: ChangeLog
    logger: Logger
    metrics: Metrics
    collections: readonly Collection[]
    liveViews: readonly AnyView[]
    broadcast: Broadcast
    occupied: (socketRoom: string) => boolean
    reload: () => Promise<void>
    onRead: (sentAt: number) => void
    now: () => number
  }) {
    this.#views = parts.views
    this.#log = parts.log
    this.windows = new LiveWindows(() => parts.log.position, parts.now)
    this.#logger = parts.logger
    this.#metrics = parts.metrics
    this.#broadcast = parts.broadcast
    this.#occupied = parts.occupied
    this.#reload = parts.reload
    this.#onRead = parts.onRead
    this.#now = parts.now
    this.cuts = new Cuts({ now: parts.now })
    for (const collection of parts.collections.filter(({ hot }) => hot)) {
      const views = parts.liveViews.filter((view) => view.collection.noun === collection.noun)
      this.#byNoun.set(collection.noun, { collection, views })
    }
  }

  /** Position first, then the documents, then what is still kept of the log, so that old cursors get deltas. */
  async start(): Promise<void> {
    const position = await this.#log.takePosition()
    await this.#reload()
    let first = true
    for await (const entries of this.#log.kept()) {
      if (first) this.#floor = before(must(entries[0], 'a part is not empty'))
      first = false
      for (const entry of entries) this.#take(entry)
    }
    if (first) this.#floor = position
    for (const room of this.#rooms.values()) for (const lane of lanes) room.log.skip(lane)
    this.#steady = true
    this.#timer = setInterval(() => this.#everySecond(), countEveryMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** False while views are loaded anew: nothing may be answered from them. */
  get steady(): boolean {
    return this.#steady
  }

  room(key: RoomKey): LiveRoom {
    const name = roomName(key)
    let room = this.#rooms.get(name)
    if (!room) {
      room = new LiveRoom(key, this.#views, this.#floor, this.#now)
      this.#rooms.set(name, room)
    }
    return room
  }

  /** Snapshot of a room (S11): the first page of a shared cut, with all that changed since it was made. */
  snapshot(room: LiveRoom): SubAnswer {
    const { e, s } = this.#log.position
    let cut = this.cuts.of(room.name, e, s, () => idsOf(room))
    let since = room.log.deltaSince(cut.seq)
    if (!since) {
      cut = this.cuts.make(room.name, e, s, () => idsOf(room))
      since = []
    }
    const first = this.rowsOf(room, cut.ids.slice(0, PAGE))
    const more = this.cuts.more(cut)
    return { ...this.#head(room), kind: 'snapshot', rows: [...first, ...since], ...(more && { more }) }
  }

  delta(room: LiveRoom, rows: Row[]): SubAnswer {
    return { ...this.#head(room), kind: 'delta', rows }
  }

  rowsOf(room: LiveRoom, ids: readonly string[]): Row[] {
    return ids.flatMap((id) => {
      const row = room.rows.get(id)
      return row ? [row] : []
    })
  }

  /** Somebody joins a lane that was empty: what was pending for nobody is not sent to him. */
  joining(room: LiveRoom, lane: Lane): void {
    if (!this.#occupied(laneName(room.name, lane))) room.log.skip(lane)
  }

  // --- the log, in order ---------------------------------------------------------------------------------------------

  entries(entries: LogEntry[]): void {
    for (const entry of entries) this.#take(entry)
  }

  read(sentAt: number): void {
    this.#onRead(sentAt)
  }

  lastValues(data: string[]): void {
    for (const text of data) {
      // Written by our own nodes (changes.tell).
      const [tenant, view, key, value] = JSON.parse(text) as LastValue
      if (key.startsWith('presence:')) this.#hearPresence(tenant, view, key.slice(9), value)
      else this.#tell(tenant, view, key, value)
    }
  }

  async lost(): Promise<void> {
    this.#steady = false
    this.#metrics.logGaps.inc()
    await untilKnown(this.#logger, 'loading the views', this.#reload)
    const { e, s } = this.#log.position
    this.#floor = { e, s }
    for (const room of this.#rooms.values()) room.reset(e, s)
    this.#steady = true
  }

  #take(entry: LogEntry): void {
    this.#metrics.logEntries.inc()
    if (entry.data === '') return
    // Written by our own nodes (publisher.ts).
    const changed = JSON.parse(entry.data) as Changed[]
    for (const [noun, doc] of changed) {
      const known = this.#byNoun.get(noun)
      if (!known) continue
      this.#views.take(known.collection, doc)
      for (const view of known.views) {
        for (const key of roomsOf(view, doc)) {
          const room = this.room(key)
          room.take(entry.s, doc)
          this.#schedule(room)
        }
      }
    }
  }

  // --- frames --------------------------------------------------------------------------------------------------------

  /** At once if the lane was idle for its window, else at the end of the window (S9). */
  #schedule(room: LiveRoom): void {
    for (const lane of lanes) {
      const name = laneName(room.name, lane)
      if (this.#flushing.has(name) || !this.#occupied(name)) continue
      const idle = this.#now() - (this.#flushedAt.get(name) ?? 0)
      this.#flushing.add(name)
      if (idle >= windowMs[lane]) queueMicrotask(() => this.#flush(room, lane, name))
      else setTimeout(() => this.#flush(room, lane, name), windowMs[lane] - idle)
    }
  }

  #flush(room: LiveRoom, lane: Lane, name: string): void {
    this.#flushing.delete(name)
    if (!room.log.pending(lane)) return
    this.#flushedAt.set(name, this.#now())
    for (const frame of room.log.frames(lane)) {
      this.#metrics.frames.inc()
      this.#broadcast(name, 'f', frame)
    }
  }

  /** What waits for its pace goes first, or a heartbeat would vouch for rows that are still here (S13). */
  flush(): void {
    for (const room of this.#rooms.values()) {
      for (const lane of lanes) {
        const name = laneName(room.name, lane)
        if (room.log.pending(lane) && this.#occupied(name)) this.#flush(room, lane, name)
      }
    }
    this.windows.push(this.#occupied, (name, push) => this.#broadcast(name, 'w', push))
  }

  #everySecond(): void {
    for (const room of this.#rooms.values()) {
      room.log.trim()
      room.settle()
      const watched = lanes.some((lane) => this.#occupied(laneName(room.name, lane)))
      if (!watched) continue
      room.count()
      if (lanes.some((lane) => room.log.pending(lane))) this.#schedule(room)
    }
    this.windows.push(this.#occupied, (name, push) => this.#broadcast(name, 'w', push))
    for (const name of this.#presence.forget(this.#now())) this.#showPresence(name)
    this.cuts.trim()
  }

  #tell(tenant: string, viewName: string, key: string, value: unknown): void {
    for (const { views } of this.#byNoun.values()) {
      for (const view of views.filter(({ contract }) => contract.name === viewName)) {
        // What is told is told to a tenant: an addressed view has nobody to tell it to.
        if (view.audience) continue
        for (const masked of [false, true]) {
          const room = this.room({ tenant, view, masked, operator: null })
          room.log.tell(key, value)
          this.#schedule(room)
        }
      }
    }
  }

  /** What is open in that view on any node. */
  lookedAt(tenant: string, view: string): string[] {
    return this.#presence.items(`${tenant}|${view}`)
  }

  #hearPresence(tenant: string, view: string, socket: string, value: unknown): void {
    const name = `${tenant}|${view}`
    // Told by our own nodes from a parsed update.
    if (this.#presence.hear(name, socket, value as PresenceEntry | null, this.#now())) this.#showPresence(name)
  }

  #showPresence(name: string): void {
    const [tenant = '', view = ''] = name.split('|')
    for (const room of this.#rooms.values()) {
      const { key } = room
      if (key.tenant !== tenant || key.view.contract.name !== view || key.masked || key.operator !== null) continue
      room.log.tell('presence', this.#presence.of(name))
      this.#schedule(room)
    }
  }

  #head(room: LiveRoom) {
    const { e, s } = this.#log.position
    room.count()
    return { r: room.name, e, s, k: room.log.values(), kn: room.log.counter, total: room.rows.size }
  }
}

const idsOf = (room: LiveRoom) => Array.from(room.ranked({}, room.key.view.contract.defaultOrder).rows(), ([id]) => id)
const before = ({ e, s }: LogEntry) => ({ e, s: s - 1 })
