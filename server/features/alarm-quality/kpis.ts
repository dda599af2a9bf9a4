/** Figures of a period from its hours and minutes: pure. */
import { hoursOf, type Quality, type Range, type Slot } from './contract.ts'
import { floodedMs, type Flood, type FloodLimits, type PastFlood } from './flood.ts'
import { hourMs, minuteMs, plus, sum, sumOf, tenMs, type BySeverity, type Rollup } from './rollup.ts'

/** An hour as it is stored and as it is counted now. */
export interface Hour extends Rollup {
  at: number
  /** Annunciations of its six times ten minutes; null: it had not begun, or nobody counted. */
  tens: (BySeverity | null)[]
  floodedMs: number
}

export interface Counted {
  hours: readonly Hour[]
  /** For the shortest period: its minutes. */
  minutes: readonly { at: number; rollup: Rollup }[]
}

export interface FloodsKnown {
  open: (Flood & { alarms: number }) | null
  past: readonly PastFlood[]
}

/** Periods begin with an hour of the clock, so that what was stored fits; the last hour is the current one. */
export function periodOf(range: Range, now: number): { from: number; to: number } {
  if (range === '1h') return { from: (Math.floor(now / minuteMs) - 59) * minuteMs, to: now }
  return { from: (Math.floor(now / hourMs) - hoursOf[range] + 1) * hourMs, to: now }
}

const slotMs: Record<Range, number> = { '1h': minuteMs, '8h': tenMs, '24h': tenMs, '7d': hourMs, '30d': 6 * hourMs }

export function kpis(
  range: Range,
  now: number,
  counted: Counted,
  floods: FloodsKnown,
  positions: number,
  limits: FloodLimits,
): Omit<Quality, 'now'> {
  const { from, to } = periodOf(range, now)
  const parts = range === '1h' ? counted.minutes.map(({ rollup }) => rollup) : counted.hours
  const all = sum(parts)
  const annunciated = sumOf(all.annunciated)
  const countedFrom = firstOf(range, counted)
  const per = (ms: number) => (annunciated * ms) / Math.max(to - (countedFrom ?? from), minuteMs) / positions
  const tens = tensOf(range, counted)
  const peak = tens.reduce((most, ten) => (ten.n > most.n ? ten : most), { at: 0, n: 0 })
  const over = tens.filter(({ n }) => n > limits.begin * positions).length
  const topTen = all.loud.slice(0, 10)
  return {
    range,
    from,
    to,
    countedFrom,
    positions,
    limits,
    annunciated,
    bySeverity: all.annunciated,
    perTenMinutes: per(tenMs),
    perHour: per(hourMs),
    perDay: per(24 * hourMs),
    peak: { n: peak.n / positions, at: peak.n > 0 ? peak.at : null },
    flooded: shareOf(timeInFlood(range, counted, floods, from, to), to - from),
    overloaded: shareOf(over, tens.length),
    floods: episodes(floods, from),
    topTen,
    topTenShare: shareOf(sumOf(topTen.map(({ n }) => n)), annunciated),
    types: Object.entries(all.types)
      .map(([type, n]) => ({ type, n }))
      .sort((a, b) => b.n - a.n),
    meanToAcknowledge: meanOf(all.acknowledged),
    meanToClear: meanOf(all.cleared),
    begun: all.begun,
    slots: slotsOf(range, from, to, counted),
  }
}

const shareOf = (part: number, whole: number) => (whole > 0 ? Math.min(1, part / whole) : 0)
const meanOf = ({ n, ms }: { n: number; ms: number }) => (n > 0 ? ms / n : null)

function firstOf(range: Range, counted: Counted): number | null {
  const begins = (range === '1h' ? counted.minutes : tensOf(range, counted)).map(({ at }) => at)
  return begins.length > 0 ? Math.min(...begins) : null
}

/** The finest that the period has; an hour that is long past has its six parts. */
function tensOf(range: Range, { hours, minutes }: Counted): { at: number; n: number }[] {
  if (range !== '1h')
    return hours.flatMap(({ at, tens }) =>
      tens.flatMap((ten, index) => (ten ? { at: at + index * tenMs, n: sumOf(ten) } : [])),
    )
  const byTen = Map.groupBy(minutes, ({ at }) => Math.floor(at / tenMs))
  return [...byTen].map(([ten, group]) => ({
    at: ten * tenMs,
    n: sumOf(group.map(({ rollup }) => sumOf(rollup.annunciated))),
  }))
}

/** Floods of late are known to the moment; of what is older each hour kept its sum. */
function timeInFlood(range: Range, { hours }: Counted, { open, past }: FloodsKnown, from: number, to: number): number {
  if (range === '1h') return floodedMs(past, open, from, to)
  const current = Math.floor(to / hourMs) * hourMs
  const stored = hours.filter(({ at }) => at < current).reduce((total, hour) => total + hour.floodedMs, 0)
  return stored + floodedMs(past, open, current, to)
}

function episodes({ open, past }: FloodsKnown, from: number): Quality['floods'] {
  const ended = past.filter(({ until }) => until > from)
  return [
    ...ended,
    ...(open ? [{ since: open.since, until: null, alarms: open.alarms, peak: open.peak }] : []),
  ].reverse()
}

function slotsOf(range: Range, from: number, to: number, { hours, minutes }: Counted): Slot[] {
  const ms = slotMs[range]
  const known = new Map<number, BySeverity>()
  const add = (at: number, counts: BySeverity) => {
    const slot = from + Math.floor((at - from) / ms) * ms
    known.set(slot, plus(known.get(slot) ?? [0, 0, 0, 0], counts))
  }
  if (range === '1h') for (const { at, rollup } of minutes) add(at, rollup.annunciated)
  else
    for (const { at, tens } of hours)
      tens.forEach((ten, index) => {
        if (ten) add(at + index * tenMs, ten)
      })
  const slots: Slot[] = []
  for (let at = from; at < to; at += ms) slots.push({ at, ms, annunciated: known.get(at) ?? null })
  return slots
}
