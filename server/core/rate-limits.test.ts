import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStores } from '../../tests/support/stores.ts'
import type { Principal } from './access.ts'
import { Failure } from './problems.ts'
import { blockedFor, consume, createCounter, RateLimits } from './rate-limits.ts'

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
const from = (ip: string) => ({ ip }) as Parameters<RateLimits['take']>[0]
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
  const [here, there] = [createCounter(redis, 'shared', 4, 60), createCounter(redis, 'shared', 4, 60)]
  const waits = []
  for (let n = 0; n < 6; n++) waits.push(await consume(n % 2 ? here : there, 'key'))
  expect(waits.map((wait) => wait === null)).toEqual([true, true, true, true, false, false])
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
  const counter = createCounter(away, 'alone', 2, 60)
  expect([await consume(counter, 'key'), await consume(counter, 'key')]).toEqual([null, null])
  expect(await consume(counter, 'key')).toBeGreaterThan(0)
  expect(await blockedFor(counter, 'key')).toBeGreaterThan(0)
  expect(await blockedFor(counter, 'other')).toBeNull()
  away.disconnect()
})
