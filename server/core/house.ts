/** The parts that every process of the house shares: stores, journal, write path, hot views. Knows no room. */
import { randomUUID } from 'node:crypto'
import type { Db } from 'mongodb'
import { auditCollections, Audit } from './audit.ts'
import { systemClock } from './clock.ts'
import { WritePath } from './changes.ts'
import type { Config } from './config.ts'
import type { Core } from './core.ts'
import type { Collection, Doc, Feature, ScheduleDef } from './feature.ts'
import { openJobs } from './jobs.ts'
import { Journal, journalCollections } from './journal.ts'
import { leaseCollections, Leases } from './leases.ts'
import { ChangeLog } from './log.ts'
import { createLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import { connectMongo, documents, ensureIndexes, type Mongo } from './mongo.ts'
import { must } from './must.ts'
import { purge } from './purge.ts'
import { Publisher } from './publisher.ts'
import { connectRedis } from './redis.ts'
import { logTrim } from './log-trim.ts'
import { Views } from './views.ts'

export interface House {
  core: Core
  mongo: Mongo
  log: ChangeLog
  journal: Journal
  publisher: Publisher
  collections: Collection[]
  /** Loads every hot collection from the database. */
  reload: () => Promise<void>
  schedules: ScheduleDef[]
  close: () => Promise<void>
}

export async function openHouse(config: Config, features: readonly Feature[], name: string): Promise<House> {
  const logger = createLogger(config.LOG_LEVEL, name)
  const clock = systemClock
  const metrics = createMetrics()
  const incarnation = randomUUID()
  const mongo = await connectMongo(
    must(config.MONGODB_URI, 'MONGODB_URI is set (npm start sets it; in production you do)'),
  )
  const redisUrl = must(config.REDIS_URL, 'REDIS_URL is set (npm start sets it; in production you do)')
  const redis = connectRedis(redisUrl, logger, 'write')
  const reading = connectRedis(redisUrl, logger, 'read')
  const { db } = mongo

  const collections = collectionsOf(features)
  await ensureIndexes(db, collections)

  const views = new Views()
  const log = new ChangeLog(redis, reading, logger)
  const publisher = new Publisher(log, logger, metrics)
  const tell: Core['changes']['tell'] = (tenant, view, key, value) => {
    // A lost last value is replaced by the next one (S8).
    log
      .appendLast(JSON.stringify([tenant, view, key, value]))
      .catch((error: unknown) => logger.debug({ err: error }, 'a last value was lost'))
  }
  const core: Core = {
    config,
    logger,
    clock,
    metrics,
    db,
    redis,
    incarnation,
    views,
    changes: new WritePath({ db, views, publisher, logger, incarnation, clock, tell, present: presenterOf(features) }),
    audit: new Audit({ db, logger, clock }),
    leases: new Leases({ db, clock, logger, config, incarnation }),
    jobs: openJobs(redisUrl, logger),
    looks: () => false,
    revoke: () => undefined,
  }
  const journal = new Journal(db, clock, incarnation, (other) => core.leases.isGone(other))
  return {
    core,
    mongo,
    log,
    journal,
    publisher,
    collections,
    reload: () => loadHot(db, views, collections),
    schedules: [
      { name: 'command-expiry', everyMs: 3600_000, tick: () => journal.expire() },
      logTrim(log, config),
      purge(collections),
    ],
    async close() {
      // What is not told by now is told by whoever takes this node's lease.
      await core.changes.published(5_000)
      log.stop()
      await core.jobs.close()
      redis.disconnect()
      await mongo.close()
    },
  }
}

export function collectionsOf(features: readonly Feature[]): Collection[] {
  const all = [
    ...features.flatMap(({ collections }) => collections),
    ...journalCollections,
    ...leaseCollections,
    ...auditCollections,
  ]
  return [...new Map(all.map((collection) => [collection.noun, collection])).values()]
}

/** The caller's role has passed the act's permission, so the whole row may be shown; without a view only the version. */
function presenterOf(features: readonly Feature[]) {
  const views = new Map(features.flatMap((feature) => feature.views).map((view) => [view.collection.noun, view]))
  return ({ noun }: Collection, doc: Doc) => views.get(noun)?.present(doc, false) ?? { v: doc.v }
}

async function loadHot(db: Db, views: Views, collections: readonly Collection[]): Promise<void> {
  for (const collection of collections.filter(({ hot }) => hot)) {
    for await (const doc of documents(db, collection.noun).find({}, { batchSize: 2_000 })) views.take(collection, doc)
  }
}

/** A program that acts once and ends: the same write path, no doors, no clocks. */
export async function withHouse<T>(
  config: Config,
  features: readonly Feature[],
  name: string,
  act: (core: Core) => Promise<T>,
): Promise<T> {
  const house = await openHouse(config, features, name)
  try {
    await untilReady(house.core)
    for (const feature of features) feature.assemble?.(house.core)
    await house.reload()
    return await act(house.core)
  } finally {
    await house.close()
  }
}

/** Redis connects in the background; a program of one act has to wait for it. */
export async function untilReady({ redis }: Core): Promise<void> {
  if (redis.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('Redis did not answer within 10 s')), 10_000)
    redis.once('ready', () => {
      clearTimeout(late)
      resolve()
    })
  })
}
