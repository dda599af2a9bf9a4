/**
 * A report that every fold throws on (a mistake of ours, not an outage) must not hold up those behind it: the step is
 * halved until what fails stands alone, and only that is kept apart. What folds into the same document stays together,
 * because that document marks whole batches as taken.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { MongoError } from 'mongodb'
import type { Logger } from 'pino'
import type { Fold, IntakeRecord } from './intake.ts'
import { Failure } from './problems.ts'
import { isMistake } from './until-known.ts'

interface Parts<R> {
  logger: Logger
  /** Names the document that a report folds into. */
  into: (report: R) => string
  /** Resolves when they are stored durably. All of them fold into one document. */
  keep: (batches: IntakeRecord<R>[], error: unknown) => Promise<void>
  waitMs?: number
}

const tries = 3

export function foldOrSetAside<R>(fold: Fold<R>, { logger, into, keep, waitMs = 200 }: Parts<R>): Fold<R> {
  const inHalves: Fold<R> = async (incarnation, batches) => {
    try {
      await fold(incarnation, batches)
    } catch (error) {
      if (mayPass(error)) throw error
      const halves = halvesOf(batches, into)
      if (!halves) return keep(batches, error)
      for (const half of halves) await inHalves(incarnation, half)
    }
  }
  return async (incarnation, batches) => {
    for (let round = 1; round <= tries; round++) {
      try {
        return await fold(incarnation, batches)
      } catch (error) {
        if (mayPass(error)) throw error
        logger.error({ err: error, round }, 'folding fails by a mistake of ours')
        await delay(waitMs)
      }
    }
    await inHalves(incarnation, batches)
  }
}

/** The stores were away or busy: the whole step is repeated, however often. */
const mayPass = (error: unknown) => !isMistake(error) && (error instanceof Failure || error instanceof MongoError)

function halvesOf<R>(batches: IntakeRecord<R>[], into: (report: R) => string): IntakeRecord<R>[][] | null {
  const targets = [...new Set(batches.flatMap(({ reports }) => reports.map(into)))]
  if (targets.length < 2) return null
  const first = new Set(targets.slice(0, Math.ceil(targets.length / 2)))
  return [true, false].map((wanted) =>
    batches
      .map((batch) => ({ ...batch, reports: batch.reports.filter((report) => first.has(into(report)) === wanted) }))
      .filter(({ reports }) => reports.length > 0),
  )
}
