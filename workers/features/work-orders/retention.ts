/** Forgets ended orders and their logs after HISTORY_DAYS: day by day, by exact ids. Twice does no harm. */
import { readTenantCodes } from '../../../server/core/tenants.ts'
import { forgetDay } from '../../../server/features/work-orders/jobs.ts'
import { daysToForget, partDone, type Job } from '../../job.ts'

export const retention: Job<'work-orders.retention'> = async ({ db, config, logger }, { day }, progress) => {
  const tenants = await readTenantCodes(db)
  let forgotten = 0
  for (const [n, one] of daysToForget(day, config.HISTORY_DAYS).entries()) {
    for (const tenant of tenants) forgotten += await forgetDay(db, tenant, one)
    await progress(partDone(n))
  }
  logger.info({ forgotten, olderThanDays: config.HISTORY_DAYS }, 'old work orders are forgotten')
}
