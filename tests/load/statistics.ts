/** Rounds are summed up by their median; spread is the whole range, so that an outlier is seen. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface Figure {
  median: number
  least: number
  most: number
}

export function figureOf(rounds: readonly number[]): Figure {
  const sorted = [...rounds].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle] : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
  return { median: median ?? NaN, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN }
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN
}

export interface Latency {
  n: number
  p50: number
  p95: number
  p99: number
  most: number
}

/** Microseconds of the machine's monotonic clock: the same in every process. */
export const micros = () => Number(process.hrtime.bigint() / 1000n)

export const newHistogram = () => createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 })

/** Recorded in microseconds, told in milliseconds. */
export function latencyOf(histogram: RecordableHistogram): Latency {
  const at = (percent: number) => histogram.percentile(percent) / 1000
  return { n: histogram.count, p50: at(50), p95: at(95), p99: at(99), most: histogram.max / 1000 }
}

/** Numbers from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
