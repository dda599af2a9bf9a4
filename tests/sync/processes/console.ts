/** A console on real sockets: the product's ClientView and badge, with frames dropped and doubled on the way. */
import { io, type Socket } from 'socket.io-client'
import { PROTOCOL } from '#wire'
import type { ClientToServer, Heartbeat, PageAnswer, ServerToClient, SocketRefusal, SubAnswer, Surface } from '#wire'
import { badge, HeartbeatClock } from '../../../src/lib/sync/badge.ts'
import { ClientView } from '../../../src/lib/sync/client-view.ts'
import type { Application } from '../../../src/lib/sync/client-view.ts'
import type { Faults } from './faults.ts'

const silenceMs = 5_000
const answerMs = 4_000

export interface Seat {
  name: string
  tenant: string
  masked: boolean
  surface: Surface
  cookie: string
}

export class Console<T> {
  readonly seat: Seat
  readonly view: ClientView<T>
  readonly wrongs: string[] = []
  deliveries = 0
  painted = 0
  #faults: Faults
  #url: () => string
  #socket: Socket<ServerToClient, ClientToServer> | null = null
  #clock = new HeartbeatClock()
  #heartbeat: Heartbeat | null = null
  #heardAt: number | null = null
  #openedAt = 0
  #busy = false
  #behind = true
  #closed = false
  #shown = new Map<string, number>()
  #watch: ReturnType<typeof setInterval>

  constructor(seat: Seat, faults: Faults, url: () => string) {
    this.seat = seat
    this.#faults = faults
    this.#url = url
    this.view = new ClientView<T>({ now: () => performance.now() })
    this.#watch = setInterval(() => this.#lookAtSilence(), 500)
    this.#open()
  }

  get says(): ReturnType<typeof badge>['state'] {
    return badge({
      now: performance.now(),
      lastHeartbeat: this.#heardAt,
      health: this.#heartbeat?.health ?? 'delayed',
      lag: this.#heartbeat?.lag ?? 0,
      pending: this.#busy || this.#behind || !this.view.whole,
    }).state
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#watch)
    this.#socket?.disconnect()
  }

  /** The network goes away without a word. */
  hangUp(): void {
    this.#reopen()
  }

  #open(): void {
    if (this.#closed) return
    const socket: Socket<ServerToClient, ClientToServer> = io(this.#url(), {
      transports: ['websocket'],
      auth: { protocol: PROTOCOL, surface: this.seat.surface },
      extraHeaders: { Cookie: this.seat.cookie },
      reconnection: false,
      forceNew: true,
      timeout: 2_000,
    })
    this.#socket = socket
    this.#openedAt = performance.now()
    const mine = () => this.#socket === socket
    socket.on('connect', () => {
      this.#clock = new HeartbeatClock()
      this.#busy = false
      this.#ask()
    })
    socket.on('connect_error', () => mine() && this.#reopen())
    socket.on('disconnect', () => mine() && this.#reopen())
    socket.on('revoke', () => mine() && this.view.clear())
    socket.on('f', (frame) => {
      if (!mine() || this.#faults.drops('frame')) return
      for (let times = this.#faults.doubles() ? 2 : 1; times > 0; times--) this.#applied(this.view.frame(frame))
    })
    socket.on('hb', (heartbeat) => {
      if (mine() && !this.#faults.drops('heartbeat')) this.#beat(heartbeat)
    })
  }

  #reopen(): void {
    const { view } = this
    this.#socket?.removeAllListeners().disconnect()
    this.#socket = null
    this.#busy = false
    this.#behind = true
    view.disconnected()
    setTimeout(() => !this.#socket && this.#open(), 100 + Math.random() * 300)
  }

  #beat(heartbeat: Heartbeat): void {
    const now = performance.now()
    this.#heartbeat = heartbeat
    this.#heardAt = Math.max(this.#heardAt ?? 0, this.#clock.sentAt(heartbeat.t, now))
    if (this.#busy || this.view.room === null) return
    if (this.view.heartbeat(heartbeat) === 'gap' || this.#clock.doubtful(heartbeat.t, now)) this.#gap()
  }

  #applied({ outcome, changed }: Application): void {
    this.deliveries++
    for (const id of changed) {
      const v = this.view.version(id)
      if (v === undefined) continue
      this.painted++
      const before = this.#shown.get(id) ?? 0
      if (v < before) this.wrongs.push(`${this.seat.name}: ${id} went back from v${before} to v${v}`)
      this.#shown.set(id, v)
    }
    if (outcome === 'gap') this.#gap()
  }

  #gap(): void {
    if (this.#busy || this.#behind) return
    this.#behind = true
    setTimeout(() => this.#ask(), Math.random() * 100)
  }

  #ask(): void {
    const socket = this.#socket
    if (this.#busy || !socket?.connected) return
    this.#busy = true
    const askedAt = performance.now()
    const request = { view: 'alarms', cursor: this.view.cursor }
    const late = setTimeout(() => this.#socket === socket && this.#reopen(), answerMs + 1_000)
    socket.emit('sub', request, (answer: SubAnswer | SocketRefusal) => {
      clearTimeout(late)
      if (this.#socket !== socket) return
      this.#busy = false
      if ('code' in answer) return void setTimeout(() => this.#socket === socket && this.#ask(), answer.wait ?? 500)
      this.#behind = false
      this.#clock.answered(askedAt, answer.t)
      this.#applied(this.view.answer(answer))
      this.#nextPage()
    })
  }

  #nextPage(): void {
    const socket = this.#socket
    const next = this.view.nextPage
    if (!next || !socket) return
    socket.emit('page', { view: 'alarms', ...next }, (answer: PageAnswer | SocketRefusal) => {
      if (this.#socket !== socket) return
      if ('code' in answer) {
        this.view.abandon()
        return this.#ask()
      }
      this.#applied(this.view.page(next.cut, next.page, answer))
      this.#nextPage()
    })
  }

  #lookAtSilence(): void {
    if (this.#socket && performance.now() - Math.max(this.#heardAt ?? 0, this.#openedAt) > silenceMs) this.#reopen()
  }
}
