/** Thousands of simulated desktops in one process: connects them gently and lets the faults play. */
import type { Logger } from 'pino'
import { HostLink } from '../../../agent/host-link.ts'
import { mostHostsPerSample, type HostSamples } from '#contract/resources'
import type { Surroundings } from '../fleet-agent.ts'
import { FleetDesktop } from './desktop.ts'
import { Faults } from './faults.ts'
import { hostReadingsOf } from './host-readings.ts'
import type { FleetPlan, PlannedHost } from './plan.ts'
import { Random, seedOf } from './random.ts'

export interface FleetOptions {
  surroundings: Surroundings
  logger: Logger
  seed: number
  /** Time between two samples of one desktop, ms. */
  sampleMs: number
  /** Time between two samples of the hosts, ms. */
  hostSampleMs: number
  /** Desktops that may begin to connect per second. */
  connectPerSecond: number
  /** Reports per second on top of the usual faults. */
  storm: number
}

const tickMs = 250
const severities = ['critical', 'high', 'medium', 'low'] as const

export class Fleet {
  readonly tenant: string
  readonly hosts: readonly PlannedHost[]
  /** Those of the plan by its order, then those made since; one that was deleted stays in its place, off for good. */
  readonly desktops: FleetDesktop[]
  readonly #gone = new Set<FleetDesktop>()
  readonly #faults: Faults
  readonly #options: FleetOptions
  readonly #random: Random
  readonly #nextSampleAt: number[]
  readonly #hostLink: HostLink
  #timers: NodeJS.Timeout[] = []
  #stormDebt = 0

  constructor(plan: FleetPlan, options: FleetOptions) {
    this.#options = options
    this.tenant = plan.tenant
    this.hosts = plan.hosts
    this.#random = new Random(seedOf(`${plan.tenant} fleet`, options.seed))
    this.desktops = plan.desktops.map(
      (planned) => new FleetDesktop(plan.tenant, planned, options.surroundings, options.seed),
    )
    this.#faults = new Faults(
      plan.desktops.map(({ host }) => host),
      seedOf(`${plan.tenant} faults`, options.seed),
    )
    this.#nextSampleAt = plan.desktops.map(() => this.#random.next() * options.sampleMs)
    const { server, enrolment, onRefused } = options.surroundings
    this.#hostLink = new HostLink({
      server,
      token: enrolment,
      version: '0.1.0',
      onRefused: ({ code }) => onRefused(`hosts of ${plan.tenant}`, code),
    })
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

  *present(): Generator<FleetDesktop> {
    for (const desktop of this.desktops) if (!this.#gone.has(desktop)) yield desktop
  }

  add(name: string, host: string): FleetDesktop {
    const desktop = new FleetDesktop(this.tenant, { name, host }, this.#options.surroundings, this.#options.seed)
    this.desktops.push(desktop)
    this.#nextSampleAt.push(0)
    return desktop
  }

  remove(desktop: FleetDesktop): void {
    this.#gone.add(desktop)
  }

  /** The host that has the fewest. */
  emptiestHost(): string {
    const counts = new Map(this.hosts.map(({ name }) => [name, 0]))
    for (const { host } of this.present()) counts.set(host, (counts.get(host) ?? 0) + 1)
    return [...counts].reduce((least, one) => (one[1] < least[1] ? one : least), ['', Infinity])[0]
  }

  start(): void {
    let next = 0
    const connecting = setInterval(() => {
      const until = Math.min(this.desktops.length, next + Math.ceil(this.#options.connectPerSecond / (1_000 / tickMs)))
      for (; next < until; next++) this.#powerOn(this.desktops[next])
      if (next === this.desktops.length) clearInterval(connecting)
    }, tickMs)
    this.#timers = [
      connecting,
      setInterval(() => this.#tick(performance.now()), tickMs),
      setInterval(() => this.#troubles(performance.now()), 1_000),
      setInterval(() => this.#tellHosts(), this.#options.hostSampleMs),
    ]
    this.#hostLink.open()
  }

  #powerOn(desktop: FleetDesktop | undefined): void {
    if (desktop && !this.#gone.has(desktop)) desktop.powerOn()
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const desktop of this.desktops) desktop.powerOff()
    this.#hostLink.close()
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

  /** One socket speaks for all hosts, as a platform would. */
  #tellHosts(): void {
    const on = Map.groupBy(this.desktops.entries(), ([, { host }]) => host)
    const all = this.hosts.map(({ name }): HostSamples['hosts'][number] => {
      const running = (on.get(name) ?? []).filter(([, desktop]) => desktop.power === 'running')
      const troubles = running.flatMap(([index]) => this.#faults.troubleOf(index)?.cause ?? [])
      const loads = running.map(([, { load }]) => load)
      return { host: name, ...hostReadingsOf(loads, troubles, this.#random) }
    })
    for (let at = 0; at < all.length; at += mostHostsPerSample)
      this.#hostLink.send({ at: Date.now(), hosts: all.slice(at, at + mostHostsPerSample) })
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
