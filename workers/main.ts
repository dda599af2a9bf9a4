/**
 * A worker: takes orders and jobs from Bull and does the slow work of the rooms. A node of the house with a lease of its
 * own, so that its orders are found when it dies; it keeps nothing hot and runs no clocks. Any number of them may run.
 */
import type { Job as BullJob } from 'bull'
import { readConfig } from '../server/core/config.ts'
import { openHouse, untilReady } from '../server/core/house.ts'
import { jobKinds } from '../server/core/jobs.ts'
import { drainOnSignal } from '../server/core/shutdown.ts'
import { openProviders } from '../server/fleet/port/providers.ts'
import { discoverWork } from './discover.ts'
import { retention as alarmRetention } from './features/alarms/retention.ts'
import { retention as sampleRetention } from './features/resources/retention.ts'
import { retention as orderRetention } from './features/work-orders/retention.ts'
import { removeLeftovers } from './leftovers.ts'
import { Runs } from './runs.ts'

const leftoversEveryMs = 10_000

const config = readConfig(process.env)
const house = await openHouse(config, [], 'worker')
const { core } = house
const { logger } = core
await untilReady(core)
const works = await discoverWork()
let draining = false

await core.leases.start({
  takeOver: null,
  slots: () => (draining ? 0 : config.WORKER_SLOTS),
  behind: () => house.publisher.behindFor(),
  read: () => undefined,
  lost() {
    logger.fatal('this worker was taken for dead: ending, so that nothing is done twice')
    process.exit(1)
  },
})
const providers = openProviders(config.DATA_DIR)
const runs = new Runs(core, works, providers)
runs.start()
const tidying = setInterval(() => void tidy(), leftoversEveryMs)
void tidy()

const queue = core.jobs.queue()
queue.on('failed', (job, error) => logger.error({ err: error, job: job.id }, 'a job failed'))
void queue.process('*', config.WORKER_SLOTS, async (job: BullJob<unknown>) => {
  const parts = { db: core.db, config, logger }
  const progress = (percent: number) => job.progress(percent)
  switch (job.name) {
    case 'order': {
      const { order, attempt } = jobKinds.order.parse(job.data)
      return runs.run(order, attempt)
    }
    case 'alarms.retention':
      return alarmRetention(parts, jobKinds['alarms.retention'].parse(job.data), progress)
    case 'resources.retention':
      return sampleRetention(parts, jobKinds['resources.retention'].parse(job.data), progress)
    case 'work-orders.retention':
      return orderRetention(parts, jobKinds['work-orders.retention'].parse(job.data), progress)
    default:
      throw new Error(`nobody here knows the job ${job.name}`)
  }
})
logger.info({ kinds: works.map(({ kind }) => kind.kind), slots: config.WORKER_SLOTS }, 'working')

async function tidy(): Promise<void> {
  try {
    await removeLeftovers(core)
  } catch (error) {
    logger.warn({ err: error }, 'leftovers could not be removed, the next look tries again')
  }
}

drainOnSignal(logger, config.DRAIN_MS, async () => {
  draining = true
  clearInterval(tidying)
  await queue.pause(true, true)
  await runs.drain(config.DRAIN_MS / 2)
  providers.close()
  const told = await core.changes.published(2_000)
  await core.leases.stop(told ? 'nothing' : 'work')
  await house.close()
})
