/** Forgets finished episodes and their reports after HISTORY_DAYS: day by day, by exact ids. Twice does no harm. */
import { readTenantCodes } from '../../../server/core/tenants.ts'
import { forgetDay, forgetReports } from '../../../server/features/alarms/jobs.ts'
import { forgetResourcesOf } from '../../../server/features/resources/jobs.ts'
import { daysToForget, forgottenBefore, partDone, type Job } from '../../job.ts'

export const retention: Job<'alarms.retention'> = async ({ db, config, logger }, { day }, progress) => {
  const tenants = await readTenantCodes(db)
  let forgotten = 0
  for (const [n, one] of daysToForget(day, config.HISTORY_DAYS).entries()) {
    for (const tenant of tenants) forgotten += await forgetDay(db, tenant, one, (ids) => forgetResourcesOf(db, ids))
    await progress(partDone(n))
  }
  const reports = await forgetReports(db, forgottenBefore(day, config.HISTORY_DAYS))
  logger.info({ forgotten, reports, olderThanDays: config.HISTORY_DAYS }, 'old alarm episodes are forgotten')
}
