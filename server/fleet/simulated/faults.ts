/**
 * What goes wrong in a simulated fleet, from a seed: hosts that run hot (several of their desktops stutter), lossy
 * networks, single desktops short of something, desktops that flap. Pure: time comes in, actions come out.
 */
import type { Severity } from '#contract/alarms'
import { Random } from './random.ts'

export const causes = ['stutter', 'latency', 'packet-loss', 'jitter', 'cpu', 'memory', 'gpu'] as const
export type Cause = (typeof causes)[number]

export interface Trouble {
  cause: Cause
  severity: Severity
  endsAt: number
  nextReportAt: number
}

export type Action =
  | { kind: 'report'; desktop: number; cause: Cause; severity: Severity; status: 'firing' | 'cleared' }
  /** Disconnects and comes back after `ms`. */
  | { kind: 'flap'; desktop: number; ms: number }

const severityMix: Record<Severity, number> = { critical: 0.06, high: 0.19, medium: 0.44, low: 0.31 }
const order: readonly Severity[] = ['low', 'medium', 'high', 'critical']
const singleCauses: Record<Cause, number> = {
  stutter: 2,
  latency: 2,
  'packet-loss': 2,
  jitter: 2,
  cpu: 2,
  memory: 1,
  gpu: 1,
}
const minute = 60_000

export class Faults {
  readonly #random: Random
  readonly #hostOf: readonly string[]
  readonly #byHost = new Map<string, number[]>()
  readonly #most: number
  readonly #flappers: number[]
  #active = new Map<number, Trouble>()
  #nextStartAt = 0
  #nextFlapAt = 0

  /** `hostOf[n]` is the host of desktop n. */
  constructor(hostOf: readonly string[], seed: number) {
    this.#random = new Random(seed)
    this.#hostOf = hostOf
    hostOf.forEach((host, desktop) => {
      const list = this.#byHost.get(host)
      if (list) list.push(desktop)
      else this.#byHost.set(host, [desktop])
    })
    // About one desktop in forty has trouble at any time; a small fleet still has something to show.
    this.#most = Math.min(Math.ceil(hostOf.length / 4), Math.max(12, Math.round(hostOf.length * 0.024)))
    this.#flappers = Array.from({ length: Math.ceil(hostOf.length / 500) }, () => this.#anyDesktop())
  }

  troubleOf(desktop: number): Trouble | undefined {
    return this.#active.get(desktop)
  }
  get active(): number {
    return this.#active.size
  }

  /** Everything that is due by `now`; call about once a second. */
  step(now: number): Action[] {
    if (this.#hostOf.length === 0) return []
    const actions: Action[] = []
    if (now >= this.#nextStartAt && this.#active.size < this.#most) {
      this.#start(now)
      // Quick at first, then as fast as old troubles end.
      this.#nextStartAt = now + this.#random.between(500, this.#active.size < this.#most * 0.7 ? 2_000 : 12_000)
    }
    for (const [desktop, trouble] of this.#active) actions.push(...this.#go(desktop, trouble, now))
    if (now >= this.#nextFlapAt) {
      if (this.#nextFlapAt > 0) {
        const desktop = this.#random.pick(this.#flappers)
        if (desktop !== undefined) actions.push({ kind: 'flap', desktop, ms: this.#random.whole(6_000, 25_000) })
      }
      this.#nextFlapAt = now + this.#random.between(20_000, 60_000)
    }
    return actions
  }

  #go(desktop: number, trouble: Trouble, now: number): Action[] {
    const { cause, severity } = trouble
    if (now >= trouble.endsAt) {
      this.#active.delete(desktop)
      return [{ kind: 'report', desktop, cause, severity, status: 'cleared' }]
    }
    if (now < trouble.nextReportAt) return []
    trouble.nextReportAt = now + this.#random.between(12_000, 40_000)
    if (this.#random.chance(0.04)) trouble.severity = this.#worse(severity)
    return [{ kind: 'report', desktop, cause, severity: trouble.severity, status: 'firing' }]
  }

  #start(now: number): void {
    const kind = this.#random.weighted({ 'hot-host': 2, 'lossy-network': 1, single: 6 })
    if (kind === 'single')
      return this.#trouble(
        this.#anyDesktop(),
        this.#random.weighted(singleCauses),
        this.#random.weighted(severityMix),
        now,
      )
    const host = this.#random.pick([...this.#byHost.keys()]) ?? ''
    const near = this.#byHost.get(host) ?? []
    const cause: Cause[] = kind === 'hot-host' ? ['stutter', 'cpu', 'latency'] : ['packet-loss', 'jitter']
    const worst = this.#random.weighted(severityMix)
    const room = Math.max(1, this.#most - this.#active.size)
    for (let n = this.#random.whole(2, Math.min(5, room + 1)); n > 0; n--) {
      const desktop = this.#random.pick(near)
      const severity = this.#random.chance(0.5) ? worst : this.#milder(worst)
      if (desktop !== undefined) this.#trouble(desktop, this.#random.pick(cause) ?? 'stutter', severity, now)
    }
  }

  #trouble(desktop: number, cause: Cause, severity: Severity, now: number): void {
    if (this.#active.has(desktop)) return
    const endsAt = now + this.#random.between(1.5 * minute, 9 * minute)
    this.#active.set(desktop, { cause, severity, endsAt, nextReportAt: now + this.#random.between(0, 3_000) })
  }

  #worse(severity: Severity): Severity {
    return order[Math.min(order.indexOf(severity) + 1, order.length - 1)] ?? severity
  }
  #milder(severity: Severity): Severity {
    return order[Math.max(order.indexOf(severity) - 1, 0)] ?? severity
  }
  #anyDesktop(): number {
    return this.#random.whole(0, this.#hostOf.length - 1)
  }
}
