/** Forgets samples after SAMPLE_DAYS, day by day, by exact ids. Twice does no harm. */
import { historyTenants } from '../../../server/features/alarms/jobs.ts'
import { forgetSamplesOfDay } from '../../../server/features/resources/jobs.ts'
import type { Work } from '../../work.ts'

const dayMs = 24 * 3600_000
/** A worker that was away for long catches up this far. */
const catchUpDays = 30

export const sampleRetention: Work<{ day: string }> = async ({ db, config, logger }, { day }, progress) => {
  const newest = Math.floor(Date.parse(day) / dayMs) - config.SAMPLE_DAYS
  const tenants = await historyTenants(db)
  let forgotten = 0
  for (let back = 0; back < catchUpDays; back++) {
    for (const tenant of tenants) forgotten += await forgetSamplesOfDay(db, tenant, newest - back)
    await progress(Math.round(((back + 1) / catchUpDays) * 100))
  }
  logger.info({ forgotten, olderThanDays: config.SAMPLE_DAYS }, 'old resource samples are forgotten')
}
