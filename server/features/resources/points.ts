/** Measurements in the shape in which the room works with them: a time and a value or null per figure, in fixed order. */
import { desktopFigures, hostFigures, worseOf, type DesktopFigure, type HostFigure } from './contract.ts'

export type Subject = 'desktop' | 'host'
export interface Point {
  at: number
  values: (number | null)[]
}
/** A minute: the mean, and the worst where it matters. */
export interface Minute extends Point {
  worst: (number | null)[]
}

export const figuresOf = { desktop: desktopFigures, host: hostFigures } as const
export const minuteMs = 60_000

const decimals: Partial<Record<DesktopFigure | HostFigure, number>> = { loss: 100, bandwidth: 100, desktops: 1 }
/** Kept to a tenth; where that is coarse, to a hundredth. */
export const scalesOf = {
  desktop: desktopFigures.map((figure) => decimals[figure] ?? 10),
  host: hostFigures.map((figure) => decimals[figure] ?? 10),
} as const

const worseByIndex = {
  desktop: desktopFigures.map((figure) => worseOf[figure]),
  host: hostFigures.map((figure) => worseOf[figure]),
} as const

/** Points in order of time become one per minute that has any. */
export function minutesOf(subject: Subject, points: readonly Point[]): Minute[] {
  const byMinute = Map.groupBy(points, ({ at }) => Math.floor(at / minuteMs))
  return [...byMinute].map(([minute, within]) => ({
    at: minute * minuteMs,
    values: figuresOf[subject].map((_, index) => mean(within, index)),
    worst: worseByIndex[subject].map((worse, index) => (worse ? extreme(within, index, worse) : null)),
  }))
}

function mean(points: readonly Point[], index: number): number | null {
  let sum = 0
  let count = 0
  for (const { values } of points) {
    const value = values[index] ?? null
    if (value === null) continue
    sum += value
    count++
  }
  return count ? sum / count : null
}

export function extreme(points: readonly Point[], index: number, worse: 'least' | 'most'): number | null {
  let found: number | null = null
  for (const { values } of points) {
    const value = values[index] ?? null
    if (value === null) continue
    if (found === null || (worse === 'least' ? value < found : value > found)) found = value
  }
  return found
}
