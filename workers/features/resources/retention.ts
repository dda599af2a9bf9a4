/** Forgets samples after SAMPLE_DAYS, day by day, by exact ids. Twice does no harm. */
import { readTenantCodes } from '../../../server/core/tenants.ts'
import { forgetSamplesOfDay } from '../../../server/features/resources/jobs.ts'
import { daysToForget, partDone, type Job } from '../../job.ts'

export const retention: Job<'resources.retention'> = async ({ db, config, logger }, { day }, progress) => {
  const tenants = await readTenantCodes(db)
  let forgotten = 0
  for (const [n, one] of daysToForget(day, config.SAMPLE_DAYS).entries()) {
    for (const tenant of tenants) forgotten += await forgetSamplesOfDay(db, tenant, one)
    await progress(partDone(n))
  }
  logger.info({ forgotten, olderThanDays: config.SAMPLE_DAYS }, 'old resource samples are forgotten')
}
