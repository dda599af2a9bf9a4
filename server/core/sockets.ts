/** Console sockets: what they may ask, and when they are too slow. */
import * as z from 'zod/mini'
import { PageRequest, PresenceUpdate, SubRequest } from '#wire'
import type { Bye, PageAnswer, SocketRefusal, SubAnswer } from '#wire'
import { mayHold, stillValid } from './access.ts'
import { deliver, Message, packetOf } from './broadcast.ts'
import { ConsoleDoor, handshakeError } from './console-door.ts'
import { budget, invalid, laneOf, refusal, roomFor, type ConsoleServer, type ConsoleSocket } from './console-socket.ts'
import type { Core } from './core.ts'
import type { AnyView } from './feature.ts'
import { seesMasked } from './lists.ts'
import type { Live } from './live.ts'
import type { OpenWindow } from './live-windows.ts'
import { laneName, type LiveRoom } from './live-room.ts'
import type { ChangeLog } from './log.ts'
import { presenceRepeatMs } from './presence.ts'
import { fieldErrors } from './problems.ts'
import { allowance } from './sync/slow-client.ts'
import type { Lane } from './sync/room-log.ts'
import { unsentBytes } from './socket-backlog.ts'

const heartbeatMs = 2_000
const slowCheckMs = 500
const patienceMs = 3_000
const mostAsksPerSecond = 100
/** Each open window is ranked anew every second for as long as somebody holds it. */
const mostWindows = 16

export class Sockets {
  readonly #core: Core
  readonly #io: ConsoleServer
  readonly #live: Live
  readonly #log: ChangeLog
  readonly #views: Map<string, AnyView>
  readonly #signs: () => { health: 'live' | 'delayed'; lag: number }
  readonly #door: ConsoleDoor
  #timers: NodeJS.Timeout[] = []
  #draining = false

  constructor(parts: {
    core: Core
    io: ConsoleServer
    live: Live
    log: ChangeLog
    views: readonly AnyView[]
    signs: () => { health: 'live' | 'delayed'; lag: number }
  }) {
    this.#core = parts.core
    this.#door = new ConsoleDoor(parts.core)
    this.#io = parts.io
    this.#live = parts.live
    this.#log = parts.log
    this.#views = new Map(parts.views.map((view) => [view.contract.name, view]))
    this.#signs = parts.signs
  }

  start(): void {
    this.#io.use((socket, next) => {
      const admitted = this.#draining ? Promise.resolve('server.draining' as const) : this.#door.admit(socket.handshake)
      admitted.then(
        (data) => {
          if (typeof data === 'string') return next(handshakeError(data))
          socket.data = data
          next()
        },
        (error: unknown) => {
          this.#core.logger.warn({ err: error }, 'a console could not be let in')
          next(handshakeError('store.unavailable'))
        },
      )
    })
    this.#io.on('connection', (socket) => this.#serve(socket))
    this.#timers = [
      setInterval(() => this.#beat(), heartbeatMs),
      setInterval(() => this.#checkSlow(), slowCheckMs),
      setInterval(() => this.#repeatPresence(), presenceRepeatMs),
    ]
  }

  /** Everybody is asked to come back, spread over a few seconds, and let go (S16). */
  async drain(spreadMs: number): Promise<void> {
    this.#draining = true
    for (const socket of this.#io.sockets.sockets.values()) {
      this.#dismiss(socket, { why: 'drain', retryAfter: Math.round(Math.random() * spreadMs) })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
    this.stop()
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  /** Rights were taken away or changed: what is held is dropped at once (S15). */
  revoke(who: Parameters<Core['revoke']>[0]): void {
    for (const socket of this.#io.sockets.sockets.values()) {
      const { principal } = socket.data
      const named =
        [who.operator, who.token, who.session, who.display].includes(principal.credential.id) ||
        principal.actor.id === who.operator
      if (!named || stillValid(this.#core, principal)) continue
      const rooms = [...socket.data.held.values()].map(({ name }) => name)
      for (const room of socket.rooms) if (room !== socket.id) void socket.leave(room)
      socket.data.held.clear()
      socket.emit('revoke', { rooms, all: true })
      this.#dismiss(socket, { why: 'signed-out', retryAfter: 0 })
    }
  }

  #serve(socket: ConsoleSocket): void {
    this.#core.metrics.sockets.set(this.#io.sockets.sockets.size)
    const asks = budget(mostAsksPerSecond)
    socket.on('sub', (request, ack) => {
      if (typeof ack !== 'function') return
      if (!asks()) return ack(refusal('rate.limited', 1_000))
      this.#subscribe(socket, request).then(ack, (error: unknown) => {
        this.#core.logger.error({ err: error }, 'a subscription failed')
        ack(refusal('server.fault', 1_000))
      })
    })
    socket.on('page', (request, ack) => {
      if (typeof ack !== 'function') return
      ack(asks() ? this.#page(socket, request) : refusal('rate.limited', 1_000))
    })
    socket.on('unsub', (room) => this.#unsubscribe(socket, room))
    socket.on('presence', (update) => {
      const parsed = PresenceUpdate.safeParse(update)
      if (parsed.success && asks()) this.#present(socket, parsed.data)
    })
    socket.on('visibility', (hidden) => this.#setHidden(socket, hidden === true))
    socket.on('ping2', (ack) => {
      if (typeof ack === 'function') ack()
    })
    socket.on('disconnect', () => {
      this.#core.metrics.sockets.set(this.#io.sockets.sockets.size)
      this.#present(socket, null)
    })
  }

  async #subscribe(socket: ConsoleSocket, raw: unknown): Promise<SubAnswer | SocketRefusal> {
    const parsed = SubRequest.safeParse(raw)
    if (!parsed.success) return invalid(fieldErrors(parsed.error.issues))
    const { view: name, cursor, window, ids, most } = parsed.data
    const view = this.#views.get(name)
    if (!view) return refusal('request.not-found')
    const { principal } = socket.data
    if (!stillValid(this.#core, principal) || !mayHold(principal, view)) return refusal('auth.forbidden')
    if (socket.data.allowance !== 'rows') return refusal('store.unavailable', 1_000)
    const room = this.#live.room(roomFor(principal, view))
    const until = this.#core.clock.monotonic() + patienceMs
    // Taken on arrival: the asker learns from it how old a heartbeat is (S13).
    const t = this.#core.clock.now()
    for (;;) {
      if (this.#live.steady) {
        const resumed = room.log.resume(cursor, this.#log.position.s)
        if (resumed.kind !== 'wait') {
          if (window) return { ...(await this.#openWindow(socket, room, window)), t }
          if (ids) return { ...(await this.#hold(socket, this.#live.windows.openItems(room, ids))), t }
          if (resumed.kind === 'snapshot' && most !== undefined && room.rows.size > most)
            return { ...(await this.#hold(socket, this.#countersOf(room))), t }
          // Join and answer in the same tick: nothing can fall between.
          await this.#join(socket, room)
          const answer = resumed.kind === 'delta' ? this.#live.delta(room, resumed.rows) : this.#live.snapshot(room)
          return { ...answer, t }
        }
      }
      if (this.#core.clock.monotonic() > until) return refusal('store.unavailable', 1_000)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  async #openWindow(
    socket: ConsoleSocket,
    room: LiveRoom,
    ask: NonNullable<SubRequest['window']>,
  ): Promise<SubAnswer | SocketRefusal> {
    const { contract } = room.key.view
    const filter = z.safeParse(contract.filter, ask.filter)
    if (!filter.success) return invalid(fieldErrors(filter.error.issues, ['window', 'filter']))
    if (!Object.hasOwn(contract.orders, ask.sort)) {
      return invalid([{ path: 'window.sort', message: `one of ${Object.keys(contract.orders).join(', ')}` }])
    }
    return this.#hold(socket, this.#live.windows.open(room, ask, filter.data))
  }

  /** What stands for a room that is too large to be held whole. */
  #countersOf(room: LiveRoom): OpenWindow | null {
    const { defaultOrder: sort } = room.key.view.contract
    return this.#live.windows.open(room, { filter: {}, sort, from: 0, count: 1 }, {})
  }

  async #hold(socket: ConsoleSocket, window: OpenWindow | null): Promise<SubAnswer | SocketRefusal> {
    if (!window) return refusal('request.not-found')
    const opened = [...socket.rooms].filter((name) => name.includes('|window|'))
    if (opened.length >= mostWindows && !socket.rooms.has(window.room)) return refusal('rate.limited', 1_000)
    await socket.join(window.room)
    const { e, s } = this.#log.position
    return { r: window.room, kind: 'window', e, s, ...window.state() }
  }

  #page(socket: ConsoleSocket, raw: unknown): PageAnswer | SocketRefusal {
    const parsed = PageRequest.safeParse(raw)
    if (!parsed.success) return invalid(fieldErrors(parsed.error.issues))
    const room = socket.data.held.get(parsed.data.view)
    const ids = room ? this.#live.cuts.page(room.name, parsed.data.cut, parsed.data.page) : null
    return room && ids ? { rows: this.#live.rowsOf(room, ids) } : refusal('request.not-found')
  }

  async #join(socket: ConsoleSocket, room: LiveRoom): Promise<void> {
    const lane = laneOf(socket)
    this.#live.joining(room, lane)
    socket.data.held.set(room.key.view.contract.name, room)
    await socket.join(laneName(room.name, lane))
  }

  #unsubscribe(socket: ConsoleSocket, name: unknown): void {
    if (typeof name !== 'string') return
    for (const [view, room] of socket.data.held) {
      if (room.name !== name) continue
      socket.data.held.delete(view)
      for (const lane of ['fast', 'slow'] as const) void socket.leave(laneName(name, lane))
      return
    }
    if (name.includes('|window|')) void socket.leave(name)
  }

  /** Hidden pages are served slower; the lanes differ in what was flushed, so the page subscribes again from its cursor. */
  #setHidden(socket: ConsoleSocket, hidden: boolean): void {
    if (socket.data.hidden === hidden) return
    const before = laneOf(socket)
    socket.data.hidden = hidden
    const after = laneOf(socket)
    if (before === after) return
    for (const room of socket.data.held.values()) {
      this.#live.joining(room, after)
      const frame = this.#catchUp(room, before, after)
      if (frame) socket.emit('f', frame)
      void socket.leave(laneName(room.name, before))
      void socket.join(laneName(room.name, after))
    }
  }

  /** What the new lane has sent already and the old one has not. */
  #catchUp(room: LiveRoom, before: Lane, after: Lane) {
    const from = room.log.flushed(before)
    const to = room.log.flushed(after)
    const rows = from < to ? room.log.deltaSince(from) : null
    return rows ? { r: room.name, e: room.log.epoch, p: from, s: to, d: rows } : null
  }

  // --- presence ------------------------------------------------------------------------------------------------------

  #present(socket: ConsoleSocket, update: PresenceUpdate | null): void {
    const before = socket.data.presence
    const { principal } = socket.data
    if (before && before.view !== update?.view)
      this.#core.changes.tell(principal.tenant, before.view, `presence:${socket.id}`, null)
    socket.data.presence = update
    if (!update || !this.#views.has(update.view) || seesMasked(principal.role)) return
    const entry = { operator: principal.actor.id, name: principal.actor.name, item: update.item, act: update.act }
    this.#core.changes.tell(principal.tenant, update.view, `presence:${socket.id}`, entry)
  }

  #repeatPresence(): void {
    for (const socket of this.#io.sockets.sockets.values())
      if (socket.data.presence) this.#present(socket, socket.data.presence)
  }

  // --- heartbeat and slow clients ------------------------------------------------------------------------------------

  /** Framed once per distinct set of rooms, not once per socket: consoles of a tenant hold the same few. */
  #beat(): void {
    this.#live.flush()
    const { health, lag } = this.#signs()
    const windows = new Map(this.#live.windows.heads())
    const beats = new Map<string, Message>()
    const common = { e: this.#log.position.e, health, lag, t: this.#core.clock.now(), build: this.#core.config.build }
    for (const socket of this.#io.sockets.sockets.values()) {
      const heads: Record<string, number> = {}
      const k: Record<string, number> = {}
      const lane = laneOf(socket)
      for (const room of socket.data.held.values()) {
        heads[room.name] = room.log.flushed(lane)
        k[room.name] = room.log.counter
      }
      for (const name of socket.rooms) {
        const n = windows.get(name)
        if (n !== undefined) heads[name] = n
      }
      const packet = packetOf('hb', { ...common, heads, k })
      const message = beats.get(packet) ?? new Message(packet)
      beats.set(packet, message)
      deliver(socket, message)
    }
  }

  #checkSlow(): void {
    const now = this.#core.clock.monotonic()
    let lagging = 0
    for (const socket of this.#io.sockets.sockets.values()) {
      const { data } = socket
      const bytes = unsentBytes(socket)
      data.backlogSince = bytes === 0 ? null : (data.backlogSince ?? now)
      const before = data.allowance
      data.allowance = allowance({ unsentBytes: bytes, since: data.backlogSince }, now, before)
      if (data.allowance === 'disconnect') this.#dismiss(socket, { why: 'slow', retryAfter: 1_000 })
      else if (data.allowance === 'values') lagging++
      if (before === data.allowance) continue
      for (const room of data.held.values()) {
        const lane = laneName(room.name, laneOf(socket))
        // On return the next frame does not fit its cursor: it subscribes again and gets what it missed.
        if (data.allowance === 'values') void socket.leave(lane)
        else if (data.allowance === 'rows') void socket.join(lane)
      }
    }
    this.#core.metrics.lagging.set(lagging)
  }

  #dismiss(socket: ConsoleSocket, bye: Bye): void {
    socket.emit('bye', bye)
    setTimeout(() => socket.disconnect(true), 50)
  }
}
