/** A provider held by another process, as if it were here. */
import { connect, type Socket } from 'node:net'
import { ProviderError, type Capability, type DesktopProvider, type Long, type ProviderName } from '../provider.ts'
import { onLines, writeLine } from './lines.ts'
import { PORT_PROTOCOL, type Answered, type Asked, type Method } from './wire.ts'

export interface RemoteProvider extends DesktopProvider {
  /** The process that holds it answers; `offers` is empty until it did. */
  readonly connected: boolean
  close: () => void
}
export interface RemoteOptions {
  /** How long an act waits for a lost process to come back, ms; a question waits a fifth of it. */
  patienceMs?: number
}

export function remoteProvider(name: ProviderName, socketPath: string, options: RemoteOptions = {}): RemoteProvider {
  const link = new Link(socketPath, options.patienceMs ?? 10_000)
  const ask =
    <A extends unknown[], R>(method: Method) =>
    (...args: A): Promise<R> =>
      // The process at the other end is of this very installation and answers by the same interface.
      link.ask(method, args, null) as Promise<R>
  const act =
    <A extends unknown[], R>(method: Method) =>
    (...given: [...A, Long]): Promise<R> =>
      link.ask(method, given.slice(0, -1), given.at(-1) as Long) as Promise<R>
  return {
    name,
    offers: link.offers,
    get connected() {
      return link.connected
    },
    close: () => link.close(),
    listHosts: ask('listHosts'),
    listDesktops: ask('listDesktops'),
    probe: ask('probe'),
    listSnapshots: ask('listSnapshots'),
    screenshot: ask('screenshot'),
    blockStatistics: ask('blockStatistics'),
    start: act('start'),
    stop: act('stop'),
    create: act('create'),
    delete: act('delete'),
    createSnapshot: act('createSnapshot'),
    restoreSnapshot: act('restoreSnapshot'),
    deleteSnapshot: act('deleteSnapshot'),
    exportImage: act('exportImage'),
    checkDisk: act('checkDisk'),
  }
}

interface Pending {
  asked: Extract<Asked, { t: 'call' }>
  long: Long | null
  sent: boolean
  /** When the wait for a connection began; null while there is one. */
  waitingSince: number | null
  resolve: (value: unknown) => void
  reject: (error: ProviderError) => void
}
const retryMs = 100
const pingMs = 2_000
const silentMs = 8_000

/** One connection; what was asked on a lost one is asked again on the next, under the same name. */
class Link {
  readonly offers = new Set<Capability>()
  readonly #path: string
  readonly #patienceMs: number
  readonly #pending = new Map<number, Pending>()
  #socket: Socket | null = null
  #welcomed = false
  #closed = false
  #heardAt = 0
  #next = 1
  #retry: NodeJS.Timeout | undefined
  #pinging: NodeJS.Timeout | undefined

  constructor(path: string, patienceMs: number) {
    this.#path = path
    this.#patienceMs = patienceMs
  }

  get connected(): boolean {
    return this.#welcomed
  }

  ask(method: Method, args: unknown[], long: Long | null): Promise<unknown> {
    if (this.#closed) throw new ProviderError('provider.unavailable', 'closed')
    if (long?.signal.aborted) return Promise.reject(new ProviderError('provider.cancelled', 'was not begun'))
    return new Promise((resolve, reject) => {
      const id = this.#next++
      const asked = { t: 'call' as const, id, method, args, ...(long ? { op: long.op } : {}) }
      const waitingSince = this.#welcomed ? null : performance.now()
      const pending: Pending = { asked, long, sent: false, waitingSince, resolve, reject }
      this.#pending.set(id, pending)
      long?.signal.addEventListener('abort', () => this.#cancel(id), { once: true })
      this.#socket?.ref()
      if (this.#welcomed) this.#send(pending)
      else this.#connect()
    })
  }

  #connect(): void {
    if (this.#socket || this.#retry || this.#closed) return
    const socket = connect(this.#path)
    this.#socket = socket
    onLines(socket, (line) => this.#take(line as Answered))
    // Told by what follows it: 'close'.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#lost())
  }

  #lost(): void {
    clearInterval(this.#pinging)
    this.#socket = null
    this.#welcomed = false
    if (this.#closed) return
    const now = performance.now()
    for (const [id, pending] of this.#pending) {
      pending.waitingSince ??= now
      const patience = pending.long ? this.#patienceMs : this.#patienceMs / 5
      if (now - pending.waitingSince >= patience) this.#giveUp(id, pending)
    }
    if (this.#pending.size === 0) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#connect()
    }, retryMs)
  }

  #giveUp(id: number, { sent, long, reject }: Pending): void {
    this.#pending.delete(id)
    reject(
      sent && long
        ? new ProviderError('provider.unknown-outcome', 'the connection was lost: ask again, or probe')
        : new ProviderError('provider.unavailable', `nobody answers at ${this.#path}`),
    )
  }

  #take(answered: Answered): void {
    this.#heardAt = performance.now()
    if (answered.t === 'welcome') return this.#welcome(answered)
    if (answered.t === 'pong') return
    const pending = this.#pending.get(answered.id)
    if (!pending) return
    if (answered.t === 'progress') return pending.long?.onProgress(answered.progress)
    this.#pending.delete(answered.id)
    // A quiet connection keeps no process alive.
    if (this.#pending.size === 0) this.#socket?.unref()
    const { outcome } = answered
    if ('code' in outcome) pending.reject(new ProviderError(outcome.code, outcome.message))
    else pending.resolve(outcome.value)
  }

  #welcome({ protocol, offers }: Extract<Answered, { t: 'welcome' }>): void {
    if (protocol !== PORT_PROTOCOL) return void this.#socket?.destroy()
    this.#welcomed = true
    this.offers.clear()
    for (const one of offers) this.offers.add(one)
    for (const pending of this.#pending.values()) this.#send(pending)
    this.#pinging = setInterval(() => this.#ping(), pingMs)
    this.#pinging.unref()
  }

  #ping(): void {
    if (this.#pending.size > 0 && performance.now() - this.#heardAt > silentMs) return void this.#socket?.destroy()
    this.#write({ t: 'ping' })
  }

  #send(pending: Pending): void {
    pending.sent = true
    pending.waitingSince = null
    this.#write(pending.asked)
    if (pending.long?.signal.aborted) this.#cancel(pending.asked.id)
  }

  #cancel(id: number): void {
    if (this.#pending.has(id) && this.#welcomed) this.#write({ t: 'cancel', id })
  }

  #write(asked: Asked): void {
    if (this.#socket) writeLine(this.#socket, asked)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#pinging)
    for (const [id, pending] of this.#pending) this.#giveUp(id, pending)
    this.#socket?.destroy()
  }
}
