/** The house without doors: stores, views of the accounts, and the one write path, for commands of the installation. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { auditCollections, Audit } from '../core/audit.ts'
import { WritePath } from '../core/changes.ts'
import { systemClock } from '../core/clock.ts'
import { readConfig } from '../core/config.ts'
import type { Core } from '../core/core.ts'
import { systemCtx } from '../core/access.ts'
import type { Collection, Ctx } from '../core/feature.ts'
import { Leases } from '../core/leases.ts'
import { ChangeLog } from '../core/log.ts'
import { createLogger } from '../core/logger.ts'
import { createMetrics } from '../core/metrics.ts'
import { connectMongo, documents, ensureIndexes } from '../core/mongo.ts'
import { must } from '../core/must.ts'
import { Publisher } from '../core/publisher.ts'
import { connectRedis } from '../core/redis.ts'
import { DepartmentDocs, OperatorDocs, SessionDocs, TenantDocs, TokenDocs } from '../core/tenants.ts'
import { Views } from '../core/views.ts'

const accounts: Collection[] = [TenantDocs, DepartmentDocs, OperatorDocs, SessionDocs, TokenDocs] as Collection[]

export interface House {
  core: Core
  /** A context of the command line, in that tenant. */
  as: (tenant: string) => Ctx
  /** Waits until running servers can hear of what was written, then closes. */
  close: () => Promise<void>
}

export async function openHouse(env: Record<string, string | undefined>): Promise<House> {
  const config = readConfig(await withRunning(env))
  const logger = createLogger(env['LOG_LEVEL'] ?? 'warn', 'cli')
  const mongo = await connectMongo(
    must(config.MONGODB_URI, `MONGODB_URI is not set and no launcher runs on ${config.DATA_DIR}`),
    4,
  )
  const redis = connectRedis(
    must(config.REDIS_URL, `REDIS_URL is not set and no launcher runs on ${config.DATA_DIR}`),
    logger,
    'write',
  )
  await ensureIndexes(mongo.db, [...accounts, ...auditCollections])
  const metrics = createMetrics()
  const views = await loadAccounts(mongo.db)
  const incarnation = `cli-${randomUUID()}`
  const publisher = new Publisher(new ChangeLog(redis, redis, logger), logger, metrics)
  const nothingLooksHere = () => undefined
  const core: Core = {
    config,
    logger,
    clock: systemClock,
    metrics,
    db: mongo.db,
    redis,
    incarnation,
    views,
    changes: new WritePath({ db: mongo.db, views, publisher, logger, incarnation, tell: nothingLooksHere }),
    audit: new Audit({ db: mongo.db, logger, clock: systemClock }),
    leases: new Leases({ db: mongo.db, clock: systemClock, logger, config, incarnation }),
    revoke: nothingLooksHere,
  }
  return {
    core,
    as: (tenant) => systemCtx(core, tenant, 'command line', `${tenant}:cli:${randomUUID()}`),
    async close() {
      const told = await core.changes.published(10_000)
      if (!told) process.stderr.write('Redis did not answer: running servers learn of this change when they restart.\n')
      redis.disconnect()
      await mongo.close()
    },
  }
}

/** Addresses of the stores that a launcher on this data folder started, under what the environment names itself. */
async function withRunning(env: Record<string, string | undefined>): Promise<Record<string, string | undefined>> {
  const file = join(env['DATA_DIR'] ?? './data', 'run/env.json')
  try {
    const running: unknown = JSON.parse(await readFile(file, 'utf8'))
    return typeof running === 'object' && running !== null ? { ...running, ...env } : env
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return env
    throw error
  }
}

async function loadAccounts(db: Core['db']): Promise<Views> {
  const views = new Views()
  for (const collection of accounts) {
    for await (const doc of documents(db, collection.noun).find({})) views.take(collection, doc)
  }
  return views
}
