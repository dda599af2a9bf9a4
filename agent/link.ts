/** One desktop's connection to Deskwatch: signs in, comes back for ever, beats, and carries samples and reports. */
import { io, type Socket } from 'socket.io-client'
import type { Sample } from '#contract/inventory'
import { AGENT_NAMESPACE, AGENT_PROTOCOL } from '../server/fleet/agent-contract.ts'
import type {
  AgentAck,
  AgentBye,
  AgentHelloInput,
  AgentRefusal,
  AgentToGateway,
  GatewayToAgent,
  Welcome,
} from '../server/fleet/agent-contract.ts'
import { Outbox, type Report } from './outbox.ts'

export type LinkEnd =
  { kind: 'refused'; refusal: AgentRefusal } | { kind: 'bye'; why: AgentBye['why'] } | { kind: 'lost'; reason: string }

export interface LinkOptions {
  server: string
  /** Asked at each attempt, so that a credential received meanwhile is used. */
  hello: () => Omit<AgentHelloInput, 'protocol'>
  heartbeatMs: number
  /** Seconds since the machine started. */
  uptime: () => number
  onWelcome: (welcome: Welcome) => void
  /** Not connected (any more). Answers ms until the next attempt, or null to give up. */
  onEnd: (end: LinkEnd, suggestedMs: number) => number | null
  onDropped: (report: Report, why: string) => void
  onAccepted?: (report: Report) => void
}

const answerWithinMs = 10_000
const longestPauseMs = 15_000

export class AgentLink {
  readonly #options: LinkOptions
  readonly #socket: Socket<GatewayToAgent, AgentToGateway>
  readonly #outbox: Outbox
  #beating: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #bye: AgentBye | null = null
  #failures = 0
  #beats = 0
  #rtts: number[] = []
  #welcome = false
  #closed = false

  constructor(options: LinkOptions) {
    this.#options = options
    this.#socket = io(new URL(AGENT_NAMESPACE, options.server).href, {
      transports: ['websocket'],
      forceNew: true,
      // Attempts are paced here: a refusal needs another pause than a lost network.
      reconnection: false,
      autoConnect: false,
      timeout: answerWithinMs,
      auth: (give) => give({ ...options.hello(), protocol: AGENT_PROTOCOL, heartbeat: options.heartbeatMs }),
    })
    this.#outbox = new Outbox({
      send: (report) => this.#ask('report', report),
      onDropped: options.onDropped,
      ...(options.onAccepted && { onAccepted: options.onAccepted }),
    })
    this.#listen()
  }

  open(): void {
    this.#closed = false
    this.#socket.connect()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#socket.disconnect()
  }

  get welcomed(): boolean {
    return this.#welcome
  }
  get waiting(): number {
    return this.#outbox.waiting
  }

  /** Round trip and its jitter over this socket, ms; undefined before the first answers. */
  get rtt(): number | undefined {
    return this.#rtts.at(-1)
  }
  get jitter(): number | undefined {
    if (this.#rtts.length < 2) return undefined
    const steps = this.#rtts.slice(1).map((rtt, index) => Math.abs(rtt - (this.#rtts[index] ?? rtt)))
    return steps.reduce((sum, step) => sum + step, 0) / steps.length
  }

  /** Lost while disconnected: a sample is of its moment. */
  sample(sample: Sample): void {
    if (this.#welcome) this.#ask('sample', sample).catch(() => undefined)
  }

  /** Kept until it is acknowledged. */
  report(report: Report): void {
    this.#outbox.put(report)
  }

  #listen(): void {
    this.#socket.on('welcome', (welcome) => {
      this.#welcome = true
      this.#failures = 0
      this.#bye = null
      this.#options.onWelcome(welcome)
      this.#outbox.open()
      this.#beat()
    })
    this.#socket.on('bye', (bye) => (this.#bye = bye))
    this.#socket.on('connect_error', (error: Error & { data?: AgentRefusal }) => {
      if (error.data) this.#ended({ kind: 'refused', refusal: error.data }, error.data.retryAfter)
      else this.#ended({ kind: 'lost', reason: error.message })
    })
    this.#socket.on('disconnect', (reason) => {
      if (this.#bye) this.#ended({ kind: 'bye', why: this.#bye.why }, this.#bye.retryAfter)
      else this.#ended({ kind: 'lost', reason })
    })
  }

  #ended(end: LinkEnd, retryAfter?: number): void {
    this.#welcome = false
    this.#bye = null
    this.#outbox.close()
    clearTimeout(this.#beating)
    if (this.#closed) return
    // Full jitter: a thousand agents that lost the same server come back spread out.
    const backoff = 200 + Math.random() * Math.min(longestPauseMs, 500 * 2 ** this.#failures++)
    const pause = this.#options.onEnd(end, retryAfter ?? backoff)
    if (pause === null) return this.close()
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#socket.connect(), pause)
  }

  #beat(): void {
    clearTimeout(this.#beating)
    this.#ask('heartbeat', { seq: this.#beats++, uptime: this.#options.uptime(), at: Date.now() }).catch(
      () => undefined,
    )
    this.#beating = setTimeout(() => this.#beat(), this.#options.heartbeatMs * (0.8 + Math.random() * 0.2))
  }

  async #ask<E extends keyof AgentToGateway>(event: E, value: Parameters<AgentToGateway[E]>[0]): Promise<AgentAck> {
    const startedAt = performance.now()
    // The typed overloads of emitWithAck don't follow a generic event name.
    const emit = this.#socket.timeout(answerWithinMs) as unknown as {
      emitWithAck: (event: string, value: unknown) => Promise<AgentAck>
    }
    const ack = await emit.emitWithAck(event, value)
    // Reports wait for the disk: only the light events measure the way there and back.
    if (event !== 'report') this.#rtts = [...this.#rtts.slice(-9), performance.now() - startedAt]
    return ack
  }
}
