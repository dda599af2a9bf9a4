/** What is kept of the annunciations of a minute and of an hour: sums that merge, so that no event is counted twice. */
import { severities, type Severity } from '../alarms/contract.ts'

export type BySeverity = [critical: number, high: number, medium: number, low: number]

/** How often and how long all together. */
export interface Tally {
  n: number
  ms: number
}

/** One alarm as a source of load. */
export interface Loud {
  id: string
  place: string
  type: string
  n: number
}

/** Counts that only ever add up. */
export const kinds = ['chattering', 'fleeting', 'stale', 'shelved', 'suppressed', 'outOfService'] as const
export type Kind = (typeof kinds)[number]

export interface Rollup {
  annunciated: BySeverity
  acknowledged: Tally
  cleared: Tally
  begun: Record<Kind, number>
  /** The loudest ones; what the others made is in `annunciated` all the same. */
  loud: Loud[]
  types: Record<string, number>
}

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const tenMs = 10 * minuteMs

const loudestOfMinute = 100
const loudestOfHour = 40
const mostTypes = 40

const rankOf = (severity: Severity) => severities.indexOf(severity)
const none = (): BySeverity => [0, 0, 0, 0]
export const sumOf = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0)

/** One minute while it is counted. */
export class Minute {
  #annunciated = none()
  #acknowledged: Tally = { n: 0, ms: 0 }
  #cleared: Tally = { n: 0, ms: 0 }
  #begun: Record<Kind, number> = { chattering: 0, fleeting: 0, stale: 0, shelved: 0, suppressed: 0, outOfService: 0 }
  #loud = new Map<string, Loud>()
  #types = new Map<string, number>()

  annunciate(alarm: { id: string; place: string; type: string; severity: Severity }, n: number): void {
    const { id, place, type, severity } = alarm
    const rank = rankOf(severity)
    this.#annunciated[rank] = (this.#annunciated[rank] ?? 0) + n
    this.#types.set(type, (this.#types.get(type) ?? 0) + n)
    const known = this.#loud.get(id)
    if (known) known.n += n
    else this.#loud.set(id, { id, place, type, n })
  }

  acknowledge(afterMs: number): void {
    this.#acknowledged = { n: this.#acknowledged.n + 1, ms: this.#acknowledged.ms + afterMs }
  }

  clear(afterMs: number): void {
    this.#cleared = { n: this.#cleared.n + 1, ms: this.#cleared.ms + afterMs }
  }

  begin(kind: Kind): void {
    this.#begun[kind]++
  }

  /** Takes what was stored of the same minute: both have seen a part of the same events, never more than all. */
  merge(stored: Rollup): void {
    this.#annunciated = greater(this.#annunciated, stored.annunciated)
    this.#acknowledged = longer(this.#acknowledged, stored.acknowledged)
    this.#cleared = longer(this.#cleared, stored.cleared)
    for (const kind of kinds) this.#begun[kind] = Math.max(this.#begun[kind], stored.begun[kind])
    for (const each of stored.loud) {
      const known = this.#loud.get(each.id)
      if (!known || known.n < each.n) this.#loud.set(each.id, { ...each })
    }
    for (const [type, n] of Object.entries(stored.types)) this.#types.set(type, Math.max(this.#types.get(type) ?? 0, n))
  }

  /** It has passed: a storm of thousands leaves its loudest. */
  close(): void {
    if (this.#loud.size <= loudestOfMinute) return
    this.#loud = new Map(loudest(this.#loud.values(), loudestOfMinute).map((each) => [each.id, each]))
  }

  rollup(): Rollup {
    return {
      annunciated: [...this.#annunciated],
      acknowledged: this.#acknowledged,
      cleared: this.#cleared,
      begun: { ...this.#begun },
      loud: loudest(this.#loud.values(), loudestOfMinute),
      types: mostOf(this.#types, mostTypes),
    }
  }
}

/** Sum of parts that do not overlap, with as many sources and types as an hour keeps. */
export function sum(parts: readonly Rollup[], mostLoud = loudestOfHour): Rollup {
  const total: Rollup = {
    annunciated: none(),
    acknowledged: { n: 0, ms: 0 },
    cleared: { n: 0, ms: 0 },
    begun: { chattering: 0, fleeting: 0, stale: 0, shelved: 0, suppressed: 0, outOfService: 0 },
    loud: [],
    types: {},
  }
  const loud = new Map<string, Loud>()
  const types = new Map<string, number>()
  for (const part of parts) {
    total.annunciated = plus(total.annunciated, part.annunciated)
    total.acknowledged = both(total.acknowledged, part.acknowledged)
    total.cleared = both(total.cleared, part.cleared)
    for (const kind of kinds) total.begun[kind] += part.begun[kind]
    for (const each of part.loud) {
      const known = loud.get(each.id)
      if (known) known.n += each.n
      else loud.set(each.id, { ...each })
    }
    for (const [type, n] of Object.entries(part.types)) types.set(type, (types.get(type) ?? 0) + n)
  }
  return { ...total, loud: loudest(loud.values(), mostLoud), types: mostOf(types, mostTypes) }
}

export function plus(a: BySeverity, b: BySeverity): BySeverity {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
}

function greater(a: BySeverity, b: BySeverity): BySeverity {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]
}

const both = (a: Tally, b: Tally): Tally => ({ n: a.n + b.n, ms: a.ms + b.ms })
const longer = (a: Tally, b: Tally): Tally => (b.n > a.n ? b : a)

function loudest(all: Iterable<Loud>, most: number): Loud[] {
  return [...all].sort((a, b) => b.n - a.n || (a.id < b.id ? -1 : 1)).slice(0, most)
}

function mostOf(counts: ReadonlyMap<string, number>, most: number): Record<string, number> {
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return Object.fromEntries(sorted.slice(0, most))
}
