/** Work of the house itself, off the request path and seen by nobody: what a job gets. Twice must be harmless. */
import type { Db } from 'mongodb'
import type { Logger } from 'pino'
import type { Config } from '../server/core/config.ts'
import type { JobKind, JobPayload } from '../server/core/jobs.ts'

export interface JobParts {
  db: Db
  config: Config
  logger: Logger
}

export type Job<K extends JobKind> = (
  parts: JobParts,
  payload: JobPayload<K>,
  progress: (percent: number) => Promise<void>,
) => Promise<void>

const dayMs = 24 * 3600_000
/** A worker that was away for long catches up this far. */
const catchUpDays = 30

/** Days since the epoch that are too old when so many are kept, the newest first. */
export function daysToForget(day: string, keptDays: number): number[] {
  const newest = Math.floor(Date.parse(day) / dayMs) - keptDays
  return Array.from({ length: catchUpDays }, (_, back) => newest - back)
}

/** ms: what was before that moment is too old. */
export const forgottenBefore = (day: string, keptDays: number) =>
  (Math.floor(Date.parse(day) / dayMs) - keptDays + 1) * dayMs

export const partDone = (n: number) => Math.round(((n + 1) / catchUpDays) * 100)
