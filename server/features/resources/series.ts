/** One line of what is known of a desktop or host: single samples where there are any, minutes where not, gaps else. */
import { isOver, worseOf, desktopLimits, hostLimits, type Limit, type Series } from './contract.ts'
import { extreme, figuresOf, minuteMs, type Minute, type Point, type Subject } from './points.ts'

/** A point and how long it speaks for. `worst` is the worst within that time. */
export interface Spot extends Point {
  worst: (number | null)[]
  spanMs: number
}

export interface Known {
  samples: readonly Point[]
  minutes: readonly Minute[]
}
export interface Window {
  from: number
  to: number
}

const usualStepMs = 1_000
/** Beyond so many times the usual distance nothing is known in between. */
const patience = 2.5
const leastGapMs = 5_000

export function spotsOf({ samples, minutes }: Known, { from, to }: Window): Spot[] {
  const raw = samples.filter(({ at }) => at >= from && at <= to)
  const covered = new Set(raw.map(({ at }) => Math.floor(at / minuteMs)))
  const spanMs = usualDistance(raw)
  const spots: Spot[] = raw.map((point) => ({ ...point, worst: point.values, spanMs }))
  for (const minute of minutes) {
    const at = minute.at + minuteMs / 2
    if (covered.has(Math.floor(minute.at / minuteMs)) || at < from || at > to) continue
    spots.push({
      at,
      values: minute.values,
      worst: minute.worst.map((value, n) => value ?? minute.values[n] ?? null),
      spanMs: minuteMs,
    })
  }
  return spots.sort((a, b) => a.at - b.at)
}

function usualDistance(points: readonly Point[]): number {
  const steps = points.slice(1).map(({ at }, n) => at - (points[n]?.at ?? at))
  if (steps.length === 0) return usualStepMs
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? usualStepMs
}

export const isGap = (a: Spot, b: Spot) => b.at - a.at > Math.max(leastGapMs, patience * Math.max(a.spanMs, b.spanMs))

/** Where nothing is known, also at both ends. */
export function gapsOf(spots: readonly Spot[], { from, to }: Window): Window[] {
  const [first, last] = [spots[0], spots.at(-1)]
  if (!first || !last) return to > from ? [{ from, to }] : []
  const gaps: Window[] = []
  const slack = (spot: Spot) => Math.max(leastGapMs, patience * spot.spanMs)
  if (first.at - from > slack(first)) gaps.push({ from, to: first.at })
  spots.forEach((spot, n) => {
    const before = spots[n - 1]
    if (before && isGap(before, spot)) gaps.push({ from: before.at, to: spot.at })
  })
  if (to - last.at > slack(last)) gaps.push({ from: last.at, to })
  return gaps
}

/** `stepMs`: points within one step become their mean. */
export function seriesOf(subject: Subject, spots: readonly Spot[], window: Window, stepMs: number): Series {
  const points = stepMs > usualStepMs ? thinned(subject, spots, stepMs) : spots
  const kinds = new Set(spots.map(({ spanMs }) => (spanMs === minuteMs ? 'minutes' : 'samples')))
  const [only] = kinds
  return {
    at: points.map(({ at }) => Math.round(at)),
    figures: Object.fromEntries(
      figuresOf[subject].map((figure, n) => [figure, points.map(({ values }) => rounded(values[n] ?? null))]),
    ),
    gaps: gapsOf(spots, window),
    stepMs: Math.max(stepMs, usualDistance(spots)),
    from: only === undefined ? 'nothing' : kinds.size > 1 ? 'both' : only,
  }
}

function thinned(subject: Subject, spots: readonly Spot[], stepMs: number): Point[] {
  const groups = Map.groupBy(spots, ({ at }) => Math.floor(at / stepMs))
  return [...groups.values()].map((group) => ({
    at: group.reduce((sum, { at }) => sum + at, 0) / group.length,
    values: figuresOf[subject].map((_, n) => {
      const known = group.flatMap(({ values }) => values[n] ?? [])
      return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null
    }),
  }))
}

const rounded = (value: number | null) => (value === null ? null : Math.round(value * 100) / 100)

const aroundMs = 30_000

/** The worst within 30 s of the moment; minutes count when the moment or its neighbourhood lies in them. */
export function atMoment(subject: Subject, spots: readonly Spot[], moment: number): Record<string, number> {
  const near = spots.filter(({ at, spanMs }) => Math.abs(at - moment) <= Math.max(aroundMs, spanMs))
  const values: Record<string, number> = {}
  figuresOf[subject].forEach((figure, n) => {
    const worse = worseOf[figure]
    const closest = near.toSorted((a, b) => Math.abs(a.at - moment) - Math.abs(b.at - moment))
    const value = worse
      ? extreme(
          near.map(({ at, worst }) => ({ at, values: worst })),
          n,
          worse,
        )
      : (closest.find(({ values }) => (values[n] ?? null) !== null)?.values[n] ?? null)
    if (value !== null) values[figure] = Math.round(value * 100) / 100
  })
  return values
}

/** Since when the figure is over its limit around that moment; null: it is not, or was already when the window begins. */
export function overSince(
  spots: readonly Spot[],
  { column, limit, moment }: { column: number; limit: Limit; moment: number },
): { over: boolean; since: number | null } {
  const over = (spot: Spot | undefined) => {
    const value = spot?.values[column] ?? null
    return value !== null && isOver(value, limit)
  }
  const slack = (spot: Spot) => Math.max(60_000, spot.spanMs)
  let n = spots.findIndex((spot) => Math.abs(spot.at - moment) <= slack(spot) && over(spot))
  if (n < 0) return { over: false, since: null }
  for (let before = spots[n - 1], here = spots[n]; before && here && over(before) && !isGap(before, here);) {
    n--
    here = before
    before = spots[n - 1]
  }
  return { over: true, since: n === 0 ? null : (spots[n]?.at ?? null) }
}

export const limitsOf: Record<Subject, Record<string, Limit>> = { desktop: desktopLimits, host: hostLimits }
