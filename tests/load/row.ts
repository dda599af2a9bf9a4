/** One line of the table: a promise, what was measured, and whether it is kept. */
import type { Installation } from './installation.ts'
import type { Figure } from './statistics.ts'

export interface Row {
  id: string
  what: string
  promise: string
  figure: Figure | null
  unit: string
  /** null: told without a promise */
  kept: boolean | null
}

export interface Round {
  installation: Installation
  rounds: number
  full: boolean
  say: (text: string) => void
}

export interface Part {
  id: string
  rows: (round: Round) => Promise<Row[]>
}

export const atMost = (figure: Figure, limit: number) => figure.median <= limit
export const atLeast = (figure: Figure, limit: number) => figure.median >= limit

/** Waits until it is true; false when the deadline passed first. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  deadlineMs: number,
  everyMs = 50,
): Promise<boolean> {
  const end = performance.now() + deadlineMs
  while (!(await isTrue())) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  return true
}
