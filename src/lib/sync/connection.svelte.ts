import { io, type Socket } from 'socket.io-client'
import {
  PROTOCOL,
  type Bye,
  type ClientToServer,
  type ErrorCode,
  type Heartbeat,
  type PresenceUpdate,
  type Revoke,
  type ServerToClient,
  type Surface,
} from '#wire'
import { actingIn } from '../session/acting-in.ts'
import { session } from '../session/session.svelte.ts'
import { HeartbeatClock } from './badge.ts'
import type { Feed } from './feed.ts'
import { liveness, type Liveness } from './liveness.ts'
import { now, steady } from './now.svelte.ts'
import { Subscription } from './subscription.ts'

const askedMs = 8000

/** One socket for the whole page: feeds are subscribed again after every reconnect, for ever. */
export class Connection {
  open = $state(false)
  /** Since the last time it was open. */
  attempts = $state(0)
  latency = $state<number | null>(null)
  health = $state<'live' | 'delayed'>('live')
  /** Steady ms when the last heartbeat was sent. */
  heardAt = $state<number | null>(null)
  /** Heartbeats and frames heard, for a sign of life. */
  sequence = $state(0)
  lag = $state(0)
  pending = $state(true)
  build = $state<string | null>(null)
  /** The server runs another build than the one this page was first connected to. */
  outdated = $state(false)
  refusal = $state<ErrorCode | null>(null)
  readonly #socket: Socket<ServerToClient, ClientToServer>
  readonly #feeds = new Map<Feed, Subscription | null>()
  #clock = new HeartbeatClock()
  #presence: PresenceUpdate | null = null
  #timers: ReturnType<typeof setInterval>[] = []
  #checkedSession = 0
  #openedAt = 0

  constructor(surface: Surface) {
    const tenant = actingIn()
    this.#socket = io({
      path: '/socket.io',
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      autoConnect: false,
      reconnectionDelay: 300,
      reconnectionDelayMax: 5000,
      randomizationFactor: 0.5,
      timeout: 5000,
      auth: { protocol: PROTOCOL, surface, ...(tenant && { tenant }) },
    })
    this.#listen()
  }

  start(): this {
    this.#socket.connect()
    addEventListener('online', this.#wake)
    addEventListener('pageshow', this.#wake)
    document.addEventListener('visibilitychange', this.#seen)
    this.#timers = [setInterval(() => this.#ping(), 5000), setInterval(() => this.#lookAtSilence(), 1000)]
    return this
  }

  stop() {
    removeEventListener('online', this.#wake)
    removeEventListener('pageshow', this.#wake)
    document.removeEventListener('visibilitychange', this.#seen)
    for (const timer of this.#timers) clearInterval(timer)
    this.#socket.disconnect()
  }

  /** Keeps a feed current until the returned function is called. */
  follow(feed: Feed): () => void {
    this.#feeds.set(feed, null)
    if (this.#socket.connected) this.#subscribe(feed)
    return () => {
      this.#feeds.get(feed)?.end()
      this.#feeds.delete(feed)
      if (feed.room !== null) this.#leave(feed.room)
    }
  }

  look(update: PresenceUpdate) {
    this.#presence = update
    if (this.#socket.connected) this.#socket.emit('presence', update)
  }

  reconnect = () => {
    this.#socket.disconnect().connect()
  }

  liveness(missing = 0, at = steady()): Liveness {
    return liveness({
      now: at,
      lastHeartbeat: this.heardAt,
      health: this.health,
      lag: this.lag,
      pending: this.pending,
      open: this.open,
      wallOffset: Date.now() - steady(),
      missing,
      latency: this.latency,
    })
  }

  #listen() {
    const socket = this.#socket
    socket.on('connect', () => this.#opened())
    socket.on('disconnect', (reason) => this.#closed(reason))
    socket.on('connect_error', (error) => void this.#failed(error))
    socket.on('f', (frame) => {
      this.sequence++
      this.#each((feed) => (feed.room === frame.r ? feed.frame(frame) : 'ok'))
    })
    socket.on('w', (push) => this.#each((feed) => (feed.room === push.r ? feed.push(push) : 'ok')))
    socket.on('hb', (heartbeat) => this.#beat(heartbeat))
    socket.on('bye', (bye) => this.#bye(bye))
    socket.on('revoke', (revoke) => void this.#revoked(revoke))
    socket.io.on('reconnect_attempt', () => this.attempts++)
  }

  #opened() {
    this.open = true
    this.#openedAt = steady()
    this.attempts = 0
    this.refusal = null
    this.#clock = new HeartbeatClock()
    for (const feed of this.#feeds.keys()) this.#subscribe(feed)
    if (this.#presence) this.#socket.emit('presence', this.#presence)
    if (document.hidden) this.#socket.emit('visibility', true)
    this.#ping()
  }

  #closed(reason: string) {
    this.open = false
    this.latency = null
    for (const [feed, subscription] of this.#feeds) {
      subscription?.end()
      this.#feeds.set(feed, null)
    }
    this.#lookAtPending()
    if (reason === 'io server disconnect') this.#connectIn(500)
  }

  async #failed(error: Error) {
    // A refusal by the server's middleware ends socket.io's own tries; a network error does not.
    if (!this.#socket.active) this.#connectIn(2000)
    const refused = error.message.startsWith('auth.')
    if (!refused && steady() - this.#checkedSession < 5000) return
    this.#checkedSession = steady()
    try {
      if ((await session.load()) === null) session.expired = true
    } catch {
      return // the server is away, which the badge already says
    }
  }

  #connectIn(ms: number) {
    setTimeout(() => this.#socket.connect(), ms * (0.5 + Math.random()))
  }

  #subscribe(feed: Feed) {
    const subscription = new Subscription(feed, {
      sub: (request) => this.#socket.timeout(askedMs).emitWithAck('sub', request),
      page: (request) => this.#socket.timeout(askedMs).emitWithAck('page', request),
      refused: (code) => (this.refusal = code),
      leave: (room) => this.#leave(room),
      // As good a sign of life as a heartbeat, so the page need not wait for the first one.
      answered: (askedAt, t) => {
        this.#clock.answered(askedAt, t)
        this.sequence++
        this.heardAt = Math.max(this.heardAt ?? 0, askedAt)
      },
    })
    this.#feeds.set(feed, subscription)
    void this.#resume(subscription)
  }

  async #resume(subscription: Subscription, spread = 0) {
    this.pending = true
    await subscription.resume(spread)
    this.#lookAtPending()
  }

  /** Unless somebody else here still holds it. */
  #leave(room: string) {
    if (!this.#socket.connected || [...this.#feeds.keys()].some((feed) => feed.room === room)) return
    this.#socket.emit('unsub', room)
  }

  #resumeAll() {
    for (const subscription of this.#feeds.values()) if (subscription) void this.#resume(subscription)
  }

  #lookAtPending() {
    this.pending = !this.open || [...this.#feeds.values()].some((subscription) => subscription?.pending ?? true)
  }

  #each(take: (feed: Feed) => 'ok' | 'gap') {
    for (const [feed, subscription] of this.#feeds) {
      if (subscription && take(feed) === 'gap') void this.#resume(subscription, 150)
    }
  }

  #beat(heartbeat: Heartbeat) {
    this.sequence++
    this.heardAt = this.#clock.sentAt(heartbeat.t, steady())
    this.health = heartbeat.health
    this.lag = heartbeat.lag ?? 0
    if (this.build !== null && this.build !== heartbeat.build) this.outdated = true
    this.build ??= heartbeat.build
    now.heard(heartbeat.t)
    // It seems to have waited on the way; a quick answer tells whether it has (S13).
    if (this.#clock.doubtful(heartbeat.t, steady())) this.#resumeAll()
    // A subscription in flight knows more than the heartbeat; it is compared when it has been answered.
    this.#each((feed) => (feed.room === null || this.#feeds.get(feed)?.pending ? 'ok' : feed.heartbeat(heartbeat)))
  }

  #bye({ why, retryAfter }: Bye) {
    if (why === 'signed-out') {
      session.expired = true
      return
    }
    this.#socket.disconnect()
    this.#connectIn(Math.max(retryAfter, 100))
  }

  async #revoked({ rooms, all }: Revoke) {
    for (const feed of this.#feeds.keys()) if (all || (feed.room !== null && rooms.includes(feed.room))) feed.clear()
    try {
      if ((await session.load()) === null) session.expired = true
      else if (all) this.reconnect()
      else for (const subscription of this.#feeds.values()) if (subscription) void this.#resume(subscription)
    } catch {
      this.reconnect()
    }
  }

  #ping() {
    if (!this.#socket.connected || document.hidden) return
    const from = performance.now()
    this.#socket.timeout(askedMs).emit('ping2', (error) => {
      if (!error) this.latency = Math.round(performance.now() - from)
    })
  }

  /** A half-dead socket looks open: after 5 s without a sign of life it is replaced. */
  #lookAtSilence() {
    if (this.open && steady() - Math.max(this.heardAt ?? 0, this.#openedAt) > 6500) this.reconnect()
  }

  #wake = () => {
    if (!this.#socket.connected) this.#socket.connect()
    else this.#resumeAll()
  }

  #seen = () => {
    if (this.#socket.connected) this.#socket.emit('visibility', document.hidden)
    if (!document.hidden) this.#wake()
  }
}
