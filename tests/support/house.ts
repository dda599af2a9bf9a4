import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAccounts, type House } from '../../server/cli/house.ts'
import { freshStores } from './stores.ts'

export type TestHouse = House & { dir: string; mongoUrl: string; redisUrl: string }

/** Accounts, audit and the real write path on stores of the caller's own. */
export async function openTestHouse(): Promise<TestHouse> {
  const stores = await freshStores()
  const dir = await mkdtemp(join(tmpdir(), 'deskwatch-house-'))
  const { mongoUrl, redisUrl } = stores
  const house = await openAccounts({ MONGODB_URI: mongoUrl, REDIS_URL: redisUrl, DATA_DIR: dir, LOG_LEVEL: 'silent' })
  return {
    ...house,
    dir,
    mongoUrl,
    redisUrl,
    async close() {
      await house.close()
      await stores.drop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
