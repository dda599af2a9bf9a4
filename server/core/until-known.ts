/** A step whose outcome is unknown is repeated until it is known; steps are written so that a repetition is harmless. */
import { BSON, MongoInvalidArgumentError } from 'mongodb'
import type { Logger } from 'pino'

const firstWaitMs = 50
const mostWaitMs = 1_000

/** Throws at once what no repetition can heal: a mistake in what was to be stored, not a store that is away. */
export async function untilKnown<T>(logger: Logger, what: string, step: () => Promise<T>): Promise<T> {
  for (let wait = firstWaitMs; ; wait = Math.min(wait * 2, mostWaitMs)) {
    try {
      return await step()
    } catch (error) {
      if (isMistake(error)) throw error
      logger.warn({ err: error, what }, 'outcome unknown, repeating the step')
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}

export function isMistake(error: unknown): boolean {
  return (
    error instanceof BSON.BSONError ||
    error instanceof MongoInvalidArgumentError ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof PermanentRefusal
  )
}

/** The database understood and will refuse it every time. */
export class PermanentRefusal extends Error {}
