import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStores, startRedis } from '../../tests/support/stores.ts'
import type { Principal } from './access.ts'
import { Failure } from './problems.ts'
import { Counter, RateLimits } from './rate-limits.ts'

let stores: Awaited<ReturnType<typeof freshStores>>
let redis: Redis

beforeAll(async () => {
  stores = await freshStores()
  redis = new Redis(stores.redisUrl)
})
afterAll(async () => {
  redis.disconnect()
  await stores.drop()
})

const limits = { RATE_ADDRESS_PER_MINUTE: 50, RATE_OPERATOR_PER_MINUTE: 5, RATE_TENANT_PER_MINUTE: 20 }
const from = (ip: string) => ({ ip })
const as = (user: string): Principal => ({
  tenant: 'acme',
  home: 'acme',
  actor: { kind: 'operator', id: `acme:operator:${user}`, name: user },
  role: 'operator',
  permissions: new Set(),
  language: null,
  credential: { kind: 'session', id: user },
  astray: false,
  enrolment: false,
})

async function firstRefusal(most: number, take: (n: number) => Promise<void>) {
  for (let n = 1; n <= most; n++) {
    try {
      await take(n)
    } catch (error) {
      if (error instanceof Failure)
        return { n, code: error.refusal.refused, scope: error.refusal.params?.['scope'], wait: error.retryAfter }
      throw error
    }
  }
  return null
}

test('an operator, an address and a tenant each have their own limit, told with the seconds to wait', async () => {
  const one = new RateLimits(redis, limits)
  const operator = await firstRefusal(10, () => one.take(from('10.1.0.1'), as('li')))
  expect(operator).toMatchObject({ n: 6, code: 'rate.limited', scope: 'operator' })
  expect(operator?.wait).toBeGreaterThan(0)
  expect(operator?.wait).toBeLessThanOrEqual(60)
  const tenant = await firstRefusal(40, (n) => one.take(from(`10.2.0.${n}`), as(`person-${n}`)))
  expect(tenant).toMatchObject({ scope: 'tenant' })
  const address = await firstRefusal(60, () => one.take(from('10.3.0.1'), null))
  expect(address).toMatchObject({ n: 51, scope: 'address' })
})

test('the count is one for all nodes', async () => {
  const [here, there] = [new Counter(redis, 'shared', 4, 60), new Counter(redis, 'shared', 4, 60)]
  const waits = []
  for (let n = 0; n < 6; n++) waits.push(await (n % 2 ? here : there).consume('key'))
  expect(waits.map((wait) => wait === null)).toEqual([true, true, true, true, false, false])
})

test('while Redis is frozen one request waits a quarter of a second, the others are counted here at once', async () => {
  const store = await startRedis()
  const frozen = new Redis(store.url, { maxRetriesPerRequest: 0, commandTimeout: 3_000 })
  frozen.on('error', () => undefined)
  const counter = new Counter(frozen, 'frozen', 20, 60)
  expect(await counter.consume('key')).toBeNull()
  process.kill(store.pid, 'SIGSTOP')
  const at = performance.now()
  const waits = []
  for (let n = 0; n < 21; n++) waits.push(await counter.consume('key'))
  expect(performance.now() - at).toBeLessThan(1_500)
  expect(waits.map((wait) => wait === null)).toEqual([...Array.from({ length: 20 }, () => true), false])
  expect(await counter.blockedFor('key')).toBeGreaterThan(0)
  expect(await counter.blockedFor('other')).toBeNull()
  process.kill(store.pid, 'SIGCONT')
  frozen.disconnect()
  await store.stop()
})

test('without Redis each node counts for itself instead of failing', async () => {
  const away = new Redis({
    port: 1,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  away.on('error', () => undefined)
  const counter = new Counter(away, 'alone', 2, 60)
  expect([await counter.consume('key'), await counter.consume('key')]).toEqual([null, null])
  expect(await counter.consume('key')).toBeGreaterThan(0)
  away.disconnect()
})
