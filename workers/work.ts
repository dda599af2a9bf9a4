/** What a job gets and how it tells how far it is. Every effect must be harmless when done twice. */
import type { Db } from 'mongodb'
import type { Logger } from 'pino'
import type { Config } from '../server/core/config.ts'

export interface WorkParts {
  db: Db
  config: Config
  logger: Logger
}

export type Work<P> = (parts: WorkParts, payload: P, progress: (percent: number) => Promise<void>) => Promise<void>
