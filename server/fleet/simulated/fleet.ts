/** Thousands of simulated desktops in one process: connects them gently and lets the faults play. */
import type { Logger } from 'pino'
import { FleetDesktop, type Surroundings } from './desktop.ts'
import { Faults } from './faults.ts'
import type { FleetPlan } from './plan.ts'
import { simulatedProvider } from './provider.ts'
import { Random, seedOf } from './random.ts'

export interface FleetOptions {
  surroundings: Surroundings
  logger: Logger
  seed: number
  /** Time between two samples of one desktop, ms. */
  sampleMs: number
  /** Desktops that may begin to connect per second. */
  connectPerSecond: number
  /** Reports per second on top of the usual faults. */
  storm: number
}

const tickMs = 250
const severities = ['critical', 'high', 'medium', 'low'] as const

export class Fleet {
  readonly desktops: FleetDesktop[]
  readonly #faults: Faults
  readonly #options: FleetOptions
  readonly #random: Random
  readonly #nextSampleAt: Float64Array
  #timers: NodeJS.Timeout[] = []
  #stormDebt = 0

  constructor(plan: FleetPlan, options: FleetOptions) {
    this.#options = options
    this.#random = new Random(seedOf(`${plan.tenant} fleet`, options.seed))
    this.desktops = plan.desktops.map((planned) => new FleetDesktop(plan.tenant, planned, options.surroundings))
    this.#faults = new Faults(
      plan.desktops.map(({ host }) => host),
      seedOf(`${plan.tenant} faults`, options.seed),
    )
    this.#nextSampleAt = Float64Array.from(plan.desktops, () => this.#random.next() * options.sampleMs)
  }

  get connected(): number {
    return this.desktops.reduce((count, desktop) => count + (desktop.connected ? 1 : 0), 0)
  }
  get waiting(): number {
    return this.desktops.reduce((count, desktop) => count + desktop.waiting, 0)
  }
  get troubled(): number {
    return this.#faults.active
  }

  provider(plan: FleetPlan) {
    return simulatedProvider(plan.hosts, new Map(this.desktops.map((desktop) => [desktop.name, desktop])), this.#random)
  }

  start(): void {
    let next = 0
    const connecting = setInterval(() => {
      const until = Math.min(this.desktops.length, next + Math.ceil(this.#options.connectPerSecond / (1_000 / tickMs)))
      for (; next < until; next++) this.desktops[next]?.powerOn()
      if (next === this.desktops.length) clearInterval(connecting)
    }, tickMs)
    this.#timers = [
      connecting,
      setInterval(() => this.#tick(performance.now()), tickMs),
      setInterval(() => this.#troubles(performance.now()), 1_000),
    ]
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const desktop of this.desktops) desktop.powerOff()
  }

  #tick(now: number): void {
    this.desktops.forEach((desktop, index) => {
      if (now < (this.#nextSampleAt[index] ?? Infinity)) return
      desktop.sample(this.#faults.troubleOf(index))
      this.#nextSampleAt[index] = now + this.#options.sampleMs * this.#random.between(0.9, 1.1)
    })
    this.#stormDebt += (this.#options.storm * tickMs) / 1_000
    for (; this.#stormDebt >= 1; this.#stormDebt--) {
      this.#random.pick(this.desktops)?.report('stutter', this.#random.pick(severities) ?? 'low', 'firing')
    }
  }

  #troubles(now: number): void {
    for (const action of this.#faults.step(now)) {
      const desktop = this.desktops[action.desktop]
      if (action.kind === 'flap') desktop?.flap(action.ms)
      // What goes unsaid is cleared by the calm period; a clear that waits for the connection tells it sooner.
      else if (desktop && (desktop.connected || action.status === 'cleared'))
        desktop.report(action.cause, action.severity, action.status)
    }
  }
}
