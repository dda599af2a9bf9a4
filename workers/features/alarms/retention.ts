/** Forgets finished episodes and their reports after HISTORY_DAYS: day by day, by exact ids. Twice does no harm. */
import { forgetDay, forgetReports, historyTenants } from '../../../server/features/alarms/jobs.ts'
import { forgetResourcesOf } from '../../../server/features/resources/jobs.ts'
import type { Work } from '../../work.ts'

const dayMs = 24 * 3600_000
/** A worker that was away for long catches up this far. */
const catchUpDays = 30

export const retention: Work<{ day: string }> = async ({ db, config, logger }, { day }, progress) => {
  const newest = Math.floor(Date.parse(day) / dayMs) - config.HISTORY_DAYS
  const tenants = await historyTenants(db)
  let forgotten = 0
  for (let back = 0; back < catchUpDays; back++) {
    for (const tenant of tenants) {
      forgotten += await forgetDay(db, tenant, newest - back, (ids) => forgetResourcesOf(db, ids))
    }
    await progress(Math.round(((back + 1) / catchUpDays) * 100))
  }
  const reports = await forgetReports(db, (newest + 1) * dayMs)
  logger.info({ forgotten, reports, olderThanDays: config.HISTORY_DAYS }, 'old alarm episodes are forgotten')
}
