/** What the clients of one group have received: rows, bytes, how late, and whether in order. */
import type { Frame } from '#wire'
import { latencyOf, micros, newHistogram, type Latency } from './statistics.ts'

/** The row as far as the bench reads it: `readings.sent` is the moment of its change, `micros()`. */
export interface Sent {
  readings?: { sent?: number }
}

export interface Report {
  rows: number
  messages: number
  /** Payloads of frames, as far as the client can tell. */
  frameBytes: number
  latency: Latency
  /** Rows whose version went back or repeated, and frames that did not fit the cursor. */
  inversions: number
  gaps: number
}

export class Tally {
  rows = 0
  messages = 0
  frameBytes = 0
  inversions = 0
  gaps = 0
  #histogram = newHistogram()

  sents(frame: Frame): number[] {
    return frame.d.map(([, , row]) => (row as Sent | null)?.readings?.sent ?? 0)
  }

  take(sents: readonly number[], at = micros()): void {
    this.messages++
    this.rows += sents.length
    for (const sent of sents) if (sent > 0) this.#histogram.record(Math.max(1, at - sent))
  }

  reset(): void {
    this.rows = this.messages = this.frameBytes = this.inversions = this.gaps = 0
    this.#histogram = newHistogram()
  }

  report(): Report {
    const { rows, messages, frameBytes, inversions, gaps } = this
    return { rows, messages, frameBytes, inversions, gaps, latency: latencyOf(this.#histogram) }
  }
}
