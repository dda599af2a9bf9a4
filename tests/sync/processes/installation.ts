/** Two real nodes on a Redis and a database of their own, and the faults that befall them. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { openAccounts } from '../../../server/cli/house.ts'
import { seedDemoAccounts } from '../../../server/core/demo-accounts.ts'
import { must } from '../../../server/core/must.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { freshStores, startRedis, type TestStore } from '../../support/stores.ts'

export const password = 'demo password of tests'

export async function startInstallation() {
  const stores = await freshStores()
  const dir = await mkdtemp(join(tmpdir(), 'deskwatch-sync-'))
  const redisDir = join(dir, 'redis')
  let redis: TestStore = await startRedis({ dir: redisDir })
  const env = { MONGODB_URI: stores.mongoUrl, REDIS_URL: redis.url, DATA_DIR: dir, LOG_LEVEL: 'info' }
  const house = await openAccounts({ ...env, LOG_LEVEL: 'silent' })
  await seedDemoAccounts(house.core, password)
  const nodes: TestServer[] = await Promise.all([startServer(env), startServer(env)])
  const ports = nodes.map(({ url }) => new URL(url).port)
  const node = (at: number) => must(nodes[at], 'two nodes')
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  async function freeze(pid: number, ms: number): Promise<void> {
    process.kill(pid, 'SIGSTOP')
    await pause(ms)
    process.kill(pid, 'SIGCONT')
  }

  return {
    db: house.core.db,
    urls: () => nodes.map(({ url }) => url),
    lines: () => nodes.flatMap(({ lines }) => lines.slice(-15)),
    faults: {
      async 'node killed'(at: number) {
        await node(at).kill()
        nodes[at] = await startServer({ ...env, PORT: must(ports[at], 'two ports') })
      },
      async 'node stopped'(at: number) {
        await freeze(node(at).pid, 2_500)
      },
      async 'redis frozen'() {
        await freeze(redis.pid, 2_000)
      },
      async 'redis flushed'() {
        const client = new Redis(redis.url)
        await client.flushall()
        await client.quit()
      },
      async 'redis killed'() {
        await redis.kill()
        await pause(300)
        redis = await startRedis({ dir: redisDir, port: redis.port })
      },
      async 'redis restored to an earlier point'() {
        const copy = join(dir, 'redis-earlier')
        await cp(redisDir, copy, { recursive: true })
        await pause(1_500)
        await redis.kill()
        await rm(redisDir, { recursive: true, force: true })
        await cp(copy, redisDir, { recursive: true })
        await rm(copy, { recursive: true, force: true })
        redis = await startRedis({ dir: redisDir, port: redis.port })
      },
    },
    async stop() {
      await Promise.all(nodes.map((server) => server.kill()))
      await house.close()
      await redis.stop()
      await stores.drop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export type Installation = Awaited<ReturnType<typeof startInstallation>>
