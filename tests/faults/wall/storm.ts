/** A storm that a wall watches for hours: new alarms and old ones again, cleared and acknowledged so that it does not grow. */
import { Client } from '../../support/client.ts'

const freshPerSecond = 2
const repeatsPerSecond = 30
const steady = 500
/** Alarms of a storm are cleared and acknowledged after so long. */
const lifeMs = 120_000
const severities = ['critical', 'high', 'medium', 'low'] as const

interface Raised {
  n: number
  at: number
}

const nameOf = (n: number) => `STORM-${String(n).padStart(7, '0')}`
const steadyName = (n: number) => `STEADY-${String(n).padStart(4, '0')}`
/** The number in its name, so that an older alarm on a screen is known for one. */
export const numberOf = (name: string) => Number(/^STORM-(\d+)$/.exec(name)?.[1] ?? 0)

export class Storm {
  readonly #sender: Client
  readonly #operator: () => Promise<Client>
  #next = 1
  #standing: Raised[] = []
  #accepted: Raised[] = []
  #timers: NodeJS.Timeout[] = []
  refused = 0

  constructor(sender: Client, operator: () => Promise<Client>) {
    this.#sender = sender
    this.#operator = operator
  }

  /** Those that are reported again and again stand before the storm: none of them is news to the wall. */
  prepare(): Promise<boolean> {
    return this.#post(Array.from({ length: steady }, (_, n) => report(steadyName(n), n)))
  }

  start(): void {
    this.#timers = [setInterval(() => void this.#blow(), 1_000), setInterval(() => void this.#calm(), 15_000)]
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  get sent(): number {
    return this.#next - 1
  }

  /** The newest that was accepted before that moment: a screen that says LIVE five seconds later shows it or a newer one. */
  acceptedBefore(at: number): number {
    return this.#accepted.findLast((one) => one.at <= at)?.n ?? 0
  }

  async #blow(): Promise<void> {
    const fresh = Array.from({ length: freshPerSecond }, () => this.#next++)
    const repeats = Array.from({ length: repeatsPerSecond }, (_, n) => (this.#next * repeatsPerSecond + n) % steady)
    const reports = [...fresh.map((n) => report(nameOf(n), n)), ...repeats.map((n) => report(steadyName(n), n))]
    const last = fresh.at(-1) ?? 0
    if (!(await this.#post(reports))) return
    const at = performance.now()
    for (const n of fresh) this.#standing.push({ n, at })
    this.#accepted = [...this.#accepted.slice(-60), { n: last, at }]
  }

  async #calm(): Promise<void> {
    const over = this.#standing.filter(({ at }) => performance.now() - at > lifeMs)
    if (over.length === 0) return
    if (!(await this.#post(over.map(({ n }) => ({ ...report(nameOf(n), n), status: 'cleared' }))))) return
    this.#standing = this.#standing.filter((one) => !over.includes(one))
    await this.#acknowledge()
  }

  async #acknowledge(): Promise<void> {
    try {
      const operator = await this.#operator()
      const { body } = await operator.get('/alarms?state=rtn-unacknowledged&limit=500')
      const ids = (body as { items?: { id: string }[] }).items?.map(({ id }) => id) ?? []
      if (ids.length > 0) await operator.post('/alarms/actions/acknowledge', { ids })
    } catch {
      this.refused++ // the server is away: the next time takes these too
    }
  }

  async #post(reports: object[]): Promise<boolean> {
    try {
      const { status } = await this.#sender.post('/alarms', reports)
      if (status === 202) return true
    } catch {
      // The server is away, which is part of it.
    }
    this.refused++
    return false
  }
}

function report(desktop: string, n: number) {
  const severity = severities[n % severities.length] ?? 'low'
  return { type: 'stutter', severity, desktop, host: `storm-h-${n % 40}`, summary: 'Frames skipped' }
}
