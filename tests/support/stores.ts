import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { inject } from 'vitest'
import { startMongo as launchMongo } from '../../scripts/stores/mongo.mjs'
import { startRedis as launchRedis } from '../../scripts/stores/redis.mjs'

/** A real database process of a test's own: it may be killed, frozen, and started again on the same folder and port. */
export type TestStore = Awaited<ReturnType<typeof launchRedis>>

type Where = { dir?: string; port?: number }

export const startRedis = (options: Where & { appendonly?: boolean; args?: string[] } = {}): Promise<TestStore> =>
  inFolder(options.dir, 'redis', (dir) => launchRedis({ ...options, dir }))

/** `durable: false` switches off the embedded server's commit before each answer (tests show what that costs). */
export const startMongo = (options: Where & { durable?: boolean; embedded?: boolean } = {}): Promise<TestStore> =>
  inFolder(options.dir, 'mongo', (dir) => launchMongo({ ...options, dir }))

/** A folder that the test names is the test's to remove; one made here goes when the store is stopped. */
async function inFolder(named: string | undefined, kind: string, launch: (dir: string) => Promise<TestStore>) {
  if (named) return launch(named)
  const dir = await mkdtemp(join(tmpdir(), `deskwatch-${kind}-`))
  const store = await launch(dir)
  const stop = async () => {
    await store.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return { ...store, stop }
}

/** The same server, other database: works for a plain address and for one with options. */
function withDatabase(url: string, name: string): string {
  const [, head, options] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? []
  if (!head) throw new Error('not a MongoDB address')
  return `${head}/${name}${options ?? ''}`
}

/**
 * A database and a Redis of this caller alone, inside the pair that the whole test run shares. Call it once per test
 * file (or per test), and `drop()` when done. Whoever flushes, kills or freezes starts stores of its own instead.
 */
export async function freshStores() {
  // Of one length: the embedded server drops every database whose name begins with the dropped one's.
  const dbName = `dw_${randomBytes(6).toString('hex')}`
  const mongoUrl = withDatabase(inject('mongoUrl'), dbName)
  const shared = new Redis(inject('redisUrl'))
  const index = ((await shared.incr('test-stores')) % 511) + 1
  await shared.quit()
  const redisUrl = `${inject('redisUrl')}/${index}`
  await flush(redisUrl)
  const drop = async () => {
    await flush(redisUrl)
    const client = await MongoClient.connect(mongoUrl)
    await client.db().dropDatabase()
    await client.close()
  }
  return { mongoUrl, redisUrl, dbName, drop }
}

async function flush(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl)
  await redis.flushdb()
  await redis.quit()
}
