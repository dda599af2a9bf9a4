/** A worker: takes jobs from Bull and runs the slow work of the rooms. Any number of them may run. */
import { readConfig } from '../server/core/config.ts'
import { collectionsOf } from '../server/core/house.ts'
import { jobKinds, openQueue, type JobKind, type JobPayload } from '../server/core/jobs.ts'
import { createLogger } from '../server/core/logger.ts'
import { connectMongo, ensureIndexes } from '../server/core/mongo.ts'
import { must } from '../server/core/must.ts'
import { drainOnSignal } from '../server/core/shutdown.ts'
import { retention } from './features/alarms/retention.ts'
import { sampleRetention } from './features/resources/retention.ts'
import type { Work } from './work.ts'

const config = readConfig(process.env)
const logger = createLogger(config.LOG_LEVEL, 'worker')
const mongo = await connectMongo(must(config.MONGODB_URI, 'MONGODB_URI is set'), 4)
await ensureIndexes(mongo.db, collectionsOf([]))
const queue = openQueue(must(config.REDIS_URL, 'REDIS_URL is set'))
const parts = { db: mongo.db, config, logger }

const work: { [K in JobKind]: Work<JobPayload<K>> } = {
  'alarms.retention': retention,
  'resources.retention': sampleRetention,
}

queue.on('error', (error) => logger.debug({ err: error.message }, 'the queue is not reachable, trying on'))
queue.on('failed', (job, error) => logger.error({ err: error, job: job.id }, 'a job failed'))
for (const kind of Object.keys(jobKinds) as JobKind[]) {
  void queue.process(kind, 1, async (job) => {
    const payload = jobKinds[kind].parse(job.data)
    await work[kind](parts, payload, (percent) => job.progress(percent))
    logger.info({ job: job.id }, 'job done')
  })
}
logger.info({ kinds: Object.keys(jobKinds) }, 'working')

drainOnSignal(logger, config.DRAIN_MS, async () => {
  await queue.close()
  await mongo.close()
})
