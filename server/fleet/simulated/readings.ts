/** Figures of a simulated desktop: calm ones, and what a trouble of some severity looks like. */
import type { Severity } from '#contract/alarms'
import type { Sample } from '#contract/inventory'
import type { Cause } from './faults.ts'
import type { Random } from './random.ts'

type Range = readonly [least: number, most: number]
type Ranges = Record<Severity, Range>
type Figure = Exclude<keyof Sample, 'at'>

const fps: Ranges = { critical: [4, 9], high: [11, 18], medium: [19, 24], low: [25, 27] }
const telling: Record<Cause, { figure: Figure; ranges: Ranges; digits: number }> = {
  stutter: {
    figure: 'skipped',
    digits: 0,
    ranges: { critical: [35, 52], high: [22, 34], medium: [12, 21], low: [6, 11] },
  },
  latency: {
    figure: 'rtt',
    digits: 0,
    ranges: { critical: [350, 450], high: [190, 270], medium: [115, 160], low: [85, 105] },
  },
  'packet-loss': {
    figure: 'loss',
    digits: 1,
    ranges: { critical: [6, 9], high: [2.8, 4.2], medium: [1.5, 2.4], low: [0.7, 1.2] },
  },
  jitter: {
    figure: 'jitter',
    digits: 0,
    ranges: { critical: [80, 120], high: [50, 72], medium: [33, 46], low: [20, 29] },
  },
  cpu: { figure: 'cpu', digits: 0, ranges: { critical: [99, 100], high: [96, 99], medium: [90, 95], low: [85, 89] } },
  memory: {
    figure: 'memory',
    digits: 0,
    ranges: { critical: [99, 100], high: [97, 98], medium: [95, 96], low: [91, 94] },
  },
  gpu: { figure: 'gpu', digits: 0, ranges: { critical: [99, 100], high: [96, 98], medium: [93, 95], low: [89, 92] } },
}

const rounded = (random: Random, [least, most]: Range, digits: number) =>
  Number(random.between(least, most).toFixed(digits))

/** What the report of a trouble says: the figure that tells and the frame rate. */
export function troubleReadings(cause: Cause, severity: Severity, random: Random): Record<string, number> {
  const { figure, ranges, digits } = telling[cause]
  return { [figure]: rounded(random, ranges[severity], digits), fps: rounded(random, fps[severity], 0) }
}

export const calmReadings = (cause: Cause): Record<string, number> =>
  cause === 'latency' ? { rtt: 32, fps: 30 } : { fps: 30 }

/** A whole sample; `load` (0–1) says how busy this desktop is by nature. */
export function sampleOf(
  load: number,
  trouble: { cause: Cause; severity: Severity } | undefined,
  random: Random,
): Omit<Sample, 'at'> {
  const calm = {
    cpu: rounded(random, [5 + load * 30, 15 + load * 50], 0),
    memory: rounded(random, [35 + load * 25, 40 + load * 30], 0),
    disk: rounded(random, [40 + load * 20, 41 + load * 20], 0),
    gpu: rounded(random, [load * 20, 10 + load * 40], 0),
    fps: rounded(random, [28, 30], 0),
    skipped: rounded(random, [0, 2], 1),
    rtt: rounded(random, [12, 40], 0),
    jitter: rounded(random, [1, 6], 0),
    loss: rounded(random, [0, 0.2], 1),
    bandwidth: rounded(random, [2 + load * 4, 6 + load * 14], 1),
  }
  return trouble ? { ...calm, ...troubleReadings(trouble.cause, trouble.severity, random) } : calm
}
