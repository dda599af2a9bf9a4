/** Reports that wait for their acknowledgement: bounded, in order, each sent under the same id until it is accepted. */
import type { z } from 'zod/mini'
import type { AgentReport } from '#contract/alarms'
import type { AgentAck } from '../server/fleet/agent-contract.ts'

export type Report = z.input<typeof AgentReport>

export interface OutboxParts {
  /** Rejects when no answer came: the report is then sent again. */
  send: (report: Report) => Promise<AgentAck>
  /** A report was given up: refused for good, or the oldest one when the box is full. */
  onDropped: (report: Report, why: string) => void
  onAccepted?: (report: Report) => void
  most?: number
  retryMs?: number
}

export class Outbox {
  readonly #parts: OutboxParts
  #waiting: Report[] = []
  #open = false
  #running = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  get waiting(): number {
    return this.#waiting.length
  }

  put(report: Report): void {
    this.#waiting.push(report)
    if (this.#waiting.length > (this.#parts.most ?? 1_000)) {
      // The first is in flight: it may have been accepted already.
      const [oldest] = this.#waiting.splice(this.#running ? 1 : 0, 1)
      if (oldest) this.#parts.onDropped(oldest, 'outbox full')
    }
    this.#go()
  }

  /** The connection is there (again) or gone. */
  open(): void {
    this.#open = true
    this.#go()
  }

  close(): void {
    this.#open = false
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #go(): void {
    if (!this.#open || this.#running || this.#timer) return
    const report = this.#waiting[0]
    if (!report) return
    this.#running = true
    void this.#offer(report).then((waitMs) => {
      this.#running = false
      if (waitMs === 0 || !this.#open) return this.#go()
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        this.#go()
      }, waitMs)
    })
  }

  /** ms to wait before the next try. */
  async #offer(report: Report): Promise<number> {
    const retryMs = this.#parts.retryMs ?? 1_000
    let ack: AgentAck
    try {
      ack = await this.#parts.send(report)
    } catch {
      // No answer is no refusal: the same id goes out again.
      return retryMs
    }
    if (!ack.accepted && ack.code !== 'request.invalid' && ack.code !== 'auth.forbidden')
      return ack.retryAfter ?? retryMs
    this.#waiting.shift()
    if (ack.accepted) this.#parts.onAccepted?.(report)
    else this.#parts.onDropped(report, JSON.stringify(ack.errors ?? ack.code))
    return 0
  }
}
