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

const severityMix: Record<Severity, number> = { critical: 0.05, high: 0.17, medium: 0.44, low: 0.34 }
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
const hostCauses: readonly (readonly Cause[])[] = [
  ['stutter', 'cpu', 'latency'],
  ['packet-loss', 'jitter'],
]
const proneOnHost = 6
const minute = 60_000

export class Faults {
  readonly #random: Random
  /** Desktops that have trouble now and then, by host, each with its own cause: as in life, it is mostly the same ones. */
  readonly #prone: Map<number, Cause>[] = []
  readonly #most: number
  readonly #flappers: number[]
  #active = new Map<number, Trouble>()
  #nextStartAt = 0
  #nextFlapAt = 0

  /** `hostOf[n]` is the host of desktop n. */
  constructor(hostOf: readonly string[], seed: number) {
    this.#random = new Random(seed)
    // About one desktop in forty has trouble at any time; a small fleet still has something to show.
    this.#most = Math.min(Math.ceil(hostOf.length / 4), Math.max(12, Math.round(hostOf.length * 0.024)))
    this.#choose(hostOf)
    this.#flappers = Array.from({ length: Math.ceil(hostOf.length / 500) }, () =>
      this.#random.whole(0, hostOf.length - 1),
    )
  }

  #choose(hostOf: readonly string[]): void {
    const byHost = Map.groupBy(hostOf.keys(), (desktop) => hostOf[desktop] ?? '')
    const hosts = [...byHost.values()]
    for (let wanted = Math.ceil(this.#most * 2.5); wanted > 0 && hosts.length > 0;) {
      const [near = []] = hosts.splice(this.#random.whole(0, hosts.length - 1), 1)
      const causes = this.#random.pick(hostCauses) ?? hostCauses[0] ?? []
      const prone = new Map<number, Cause>()
      for (let n = 0; n < proneOnHost && near.length > 0; n++) {
        const [desktop = 0] = near.splice(this.#random.whole(0, near.length - 1), 1)
        const own = this.#random.chance(0.5) ? this.#random.pick(causes) : undefined
        prone.set(desktop, own ?? this.#random.weighted(singleCauses))
      }
      this.#prone.push(prone)
      wanted -= prone.size
    }
  }

  troubleOf(desktop: number): Trouble | undefined {
    return this.#active.get(desktop)
  }
  get active(): number {
    return this.#active.size
  }

  /** Everything that is due by `now`; call about once a second. */
  step(now: number): Action[] {
    if (this.#prone.length === 0) return []
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
    if (this.#random.chance(0.015)) trouble.severity = this.#worse(severity)
    return [{ kind: 'report', desktop, cause, severity: trouble.severity, status: 'firing' }]
  }

  /** One desktop, or several of one host at once. */
  #start(now: number): void {
    const near = [...(this.#random.pick(this.#prone) ?? [])]
    const worst = this.#random.weighted(severityMix)
    const room = Math.max(1, this.#most - this.#active.size)
    const count = this.#random.chance(0.3) ? this.#random.whole(2, Math.min(4, room + 1)) : 1
    for (let n = 0; n < count; n++) {
      const [desktop, cause] = this.#random.pick(near) ?? []
      if (desktop === undefined || cause === undefined) return
      this.#trouble(desktop, cause, n === 0 || this.#random.chance(0.3) ? worst : this.#milder(worst), now)
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
}
