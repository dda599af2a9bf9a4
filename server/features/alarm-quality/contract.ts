/** Quality of alarms by ISA-18.2 and EEMUA 191: figures of a period, what they should be, and what could be done. */
import * as z from 'zod/mini'

export const ranges = ['1h', '8h', '24h', '7d', '30d'] as const
export const Range = z.enum(ranges)
export type Range = z.infer<typeof Range>
export const hoursOf: Record<Range, number> = { '1h': 1, '8h': 8, '24h': 24, '7d': 168, '30d': 720 }

/** Recommended for one operator position (ISA-18.2-2016 table 5, EEMUA 191): acceptable, and most that is manageable. */
export const recommended = {
  perTenMinutes: { good: 1, most: 2 },
  perHour: { good: 6, most: 12 },
  perDay: { good: 144, most: 288 },
  /** Annunciations in the worst ten minutes. */
  peak: { good: 10, most: 10 },
  /** Share of the time, and of the ten-minute periods with more than ten. */
  flooded: { good: 0.01, most: 0.01 },
  overloaded: { good: 0.01, most: 0.01 },
  topTen: { good: 0.01, most: 0.05 },
  chattering: { good: 0, most: 0 },
  fleeting: { good: 0, most: 0 },
  stale: { good: 4, most: 4 },
  /** Critical, high, medium, low. */
  mix: [0.01, 0.05, 0.15, 0.8],
} as const
export type Judged = Exclude<keyof typeof recommended, 'mix'>

/** `good` is within what is recommended, `fair` within what is manageable. */
export type Verdict = 'good' | 'fair' | 'bad'
export function verdictOf(what: Judged, value: number): Verdict {
  const { good, most } = recommended[what]
  return value <= good ? 'good' : value <= most ? 'fair' : 'bad'
}

/** Critical, high, medium, low. */
const severityCounts = z.array(z.number())

/** Annunciated alarms in `ms` from `at`; null: nothing is known of that time. */
export const Slot = z.object({ at: z.number(), ms: z.number(), annunciated: z.nullable(severityCounts) })
export type Slot = z.infer<typeof Slot>

export const Source = z.object({ id: z.string(), place: z.string(), type: z.string(), n: z.number() })
export type Source = z.infer<typeof Source>

export const FloodEpisode = z.object({
  since: z.number(),
  /** null: it goes on. */
  until: z.nullable(z.number()),
  alarms: z.number(),
  peak: z.number(),
})
export type FloodEpisode = z.infer<typeof FloodEpisode>

const kindCounts = z.object({
  chattering: z.number(),
  fleeting: z.number(),
  stale: z.number(),
  shelved: z.number(),
  suppressed: z.number(),
  outOfService: z.number(),
})

export const Quality = z.object({
  range: Range,
  from: z.number(),
  to: z.number(),
  /** Since when anything was counted in that period; null: nothing was. */
  countedFrom: z.nullable(z.number()),
  positions: z.number(),
  limits: z.object({ windowMs: z.number(), begin: z.number(), end: z.number() }),
  annunciated: z.number(),
  bySeverity: severityCounts,
  /** Per operator position. */
  perTenMinutes: z.number(),
  perHour: z.number(),
  perDay: z.number(),
  /** Most in ten minutes (by the clock), per operator position. */
  peak: z.object({ n: z.number(), at: z.nullable(z.number()) }),
  /** Shares from 0 to 1. */
  flooded: z.number(),
  overloaded: z.number(),
  floods: z.array(FloodEpisode),
  topTen: z.array(Source),
  topTenShare: z.number(),
  types: z.array(z.object({ type: z.string(), n: z.number() })),
  /** ms; null: none was. */
  meanToAcknowledge: z.nullable(z.number()),
  meanToClear: z.nullable(z.number()),
  /** Began in the period. */
  begun: kindCounts,
  /** As it stands. */
  now: z.extend(kindCounts, { standing: severityCounts }),
  slots: z.array(Slot),
})
export type Quality = z.infer<typeof Quality>

/** Last value `flood` of the view `alarms`: the flood that goes on, absent when there is none. */
export const FloodNow = z.object({
  since: z.number(),
  /** Annunciated in the last window (ten minutes). */
  rate: z.number(),
  /** Annunciated in this flood so far. */
  alarms: z.number(),
  /** A flood began above `begin` in `windowMs`, it ends below `end`; both for all positions together. */
  begin: z.number(),
  end: z.number(),
  windowMs: z.number(),
})
export type FloodNow = z.infer<typeof FloodNow>

export const mostPositions = 200
export const Settings = z.strictObject({
  /** Operator positions that share the tenant's alarms: limits are per position. */
  positions: z.number().check(z.int(), z.minimum(1), z.maximum(mostPositions)),
})
export type Settings = z.infer<typeof Settings>

// --- proposals ---------------------------------------------------------------------------------------------------------

export const proposalKinds = ['shelve-chatterer', 'loud-types', 'loud-host', 'stale', 'fleeting', 'mix'] as const

/** What carries it out: an act of the alarm room, a window of maintenance, or the list that shows what it is about. */
export const ProposedAct = z.union([
  z.object({ act: z.enum(['shelve']), ids: z.array(z.string()), minutes: z.number() }),
  z.object({ act: z.enum(['window']), hosts: z.array(z.string()), minutes: z.number() }),
  z.object({ act: z.enum(['show']), query: z.record(z.string(), z.string()) }),
])
export type ProposedAct = z.infer<typeof ProposedAct>

export const Proposal = z.object({
  id: z.string(),
  kind: z.enum(proposalKinds),
  /** What it is about: a desktop, a host, types. */
  about: z.array(z.string()),
  /** The figures it stands on. */
  n: z.number(),
  share: z.nullable(z.number()),
  minutes: z.number(),
  does: ProposedAct,
})
export type Proposal = z.infer<typeof Proposal>

export const ProposalId = z.string().check(z.minLength(1), z.maxLength(200), z.regex(/^[a-z-]+:[^\0]*$/u))
export const Dismiss = z.strictObject({
  id: ProposalId,
  /** It comes back afterwards if it still holds. */
  days: z._default(z.number().check(z.int(), z.minimum(1), z.maximum(90)), 7),
})
