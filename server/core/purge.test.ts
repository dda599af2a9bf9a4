import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStores } from '../../tests/support/stores.ts'
import { readConfig } from './config.ts'
import type { Collection, Doc } from './feature.ts'
import { openHouse, untilReady, type House } from './house.ts'
import { forgetTombstones, purge } from './purge.ts'

const Things: Collection = { noun: 'things', hot: true }
const day = 24 * 3600_000
let stores: Awaited<ReturnType<typeof freshStores>>
let house: House
let now = Date.UTC(2026, 0, 1)

beforeAll(async () => {
  stores = await freshStores()
  const env = { MONGODB_URI: stores.mongoUrl, REDIS_URL: stores.redisUrl, LOG_LEVEL: 'silent' }
  const feature = { name: 'things', collections: [Things], views: [], operations: [] }
  house = await openHouse(readConfig(env), [feature], 'test')
  await untilReady(house.core)
  house.core.clock.now = () => now
})
afterAll(async () => {
  await house.close()
  await stores.drop()
})

const write = async (doc: Partial<Doc> & { _id: string }, base: number) => {
  const [result] = await house.core.changes.write([{ collection: Things, doc: { v: 0, tenant: 'acme', ...doc }, base }])
  return result
}
const stored = () => house.core.db.collection<Doc>('things').find({}).toArray()

test('S7 a tombstone leaves the database after a day and memory a little later; what lives stays', async () => {
  await write({ _id: 'acme:kept' }, 0)
  await write({ _id: 'acme:gone' }, 0)
  await write({ _id: 'acme:gone', gone: true }, 1)
  now += day - 1000
  await purge([Things]).tick(house.core)
  expect(await stored()).toHaveLength(2)
  now += 2000
  await purge([Things]).tick(house.core)
  expect((await stored()).map(({ _id }) => _id)).toEqual(['acme:kept'])
  expect(house.core.views.get(Things, 'acme:gone')?.gone).toBe(true)
  now += 2 * 3600_000
  forgetTombstones(house.core, [Things])
  expect(house.core.views.get(Things, 'acme:gone')).toBeUndefined()
  expect(house.core.views.get(Things, 'acme:kept')?.v).toBe(1)
})

test('S7 what is made anew between the purge and the forgetting goes on with its version', async () => {
  await write({ _id: 'acme:again' }, 0)
  await write({ _id: 'acme:again', gone: true }, 1)
  now += day + 1000
  await purge([Things]).tick(house.core)
  const base = house.core.views.get(Things, 'acme:again')?.v ?? 0
  expect(await write({ _id: 'acme:again' }, base)).toMatchObject({ ok: true, doc: { v: 3 } })
  now += 2 * 3600_000
  forgetTombstones(house.core, [Things])
  expect(house.core.views.get(Things, 'acme:again')?.v).toBe(3)
})
