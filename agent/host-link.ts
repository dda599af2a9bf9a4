/** A host's connection to Deskwatch, or that of a platform that knows many hosts: comes back for ever, carries samples. */
import { io, type Socket } from 'socket.io-client'
import type { HostSamples } from '#contract/resources'
import { AGENT_PROTOCOL, type AgentRefusal } from '../server/fleet/agent-contract.ts'
import { HOST_NAMESPACE, type GatewayToHost, type HostAck, type HostToGateway } from '../server/fleet/host-contract.ts'

export interface HostLinkOptions {
  server: string
  /** Asked at each attempt. */
  token: () => string
  version: string
  onConnected?: () => void
  /** Refused at the door; it goes on trying. */
  onRefused?: (refusal: AgentRefusal) => void
  onUnknown?: (hosts: readonly string[]) => void
}

const slowRetryMs = 30_000

export class HostLink {
  readonly #socket: Socket<GatewayToHost, HostToGateway>
  readonly #options: HostLinkOptions
  #retry: NodeJS.Timeout | undefined
  #closed = false
  #failures = 0

  constructor(options: HostLinkOptions) {
    this.#options = options
    this.#socket = io(new URL(HOST_NAMESPACE, options.server).href, {
      transports: ['websocket'],
      forceNew: true,
      // Attempts are paced here: a refusal needs another pause than a lost network.
      reconnection: false,
      autoConnect: false,
      timeout: 10_000,
      auth: (give) => give({ protocol: AGENT_PROTOCOL, token: options.token(), version: options.version }),
    })
    this.#socket.on('connect', () => {
      this.#failures = 0
      options.onConnected?.()
    })
    this.#socket.on('connect_error', (error: Error & { data?: AgentRefusal }) => {
      if (error.data) options.onRefused?.(error.data)
      this.#again(error.data ? (error.data.retryAfter ?? slowRetryMs) : undefined)
    })
    this.#socket.on('disconnect', () => this.#again())
  }

  get connected(): boolean {
    return this.#socket.connected
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

  /** Lost while disconnected: a sample is of its moment. */
  send(samples: HostSamples): void {
    if (!this.#socket.connected) return
    this.#socket.emit('samples', samples, (ack: HostAck) => {
      if (ack.accepted && ack.unknown.length > 0) this.#options.onUnknown?.(ack.unknown)
    })
  }

  #again(pause = 200 + Math.random() * Math.min(15_000, 500 * 2 ** this.#failures++)): void {
    if (this.#closed) return
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#socket.connect(), pause)
  }
}
