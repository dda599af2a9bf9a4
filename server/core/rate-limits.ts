/**
 * Limits that keep one caller from taking the house from the others. Counted in Redis, in memory while Redis is away:
 * a limit is never a reason to be down. Machines that report are limited by overload alone (503), never by 429.
 */
import type { IncomingMessage } from 'node:http'
import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Principal } from './access.ts'
import { fail } from './problems.ts'

export type Counter = Pick<RateLimiterAbstract, 'consume' | 'get' | 'delete' | 'points'>

/** `points` per `seconds`; in memory the same limit counts for this node alone. */
export function createCounter(redis: Redis, name: string, points: number, seconds: number, blockSeconds = 0): Counter {
  const limit = { keyPrefix: `limit:${name}`, points, duration: seconds, blockDuration: blockSeconds }
  return new RateLimiterRedis({ ...limit, storeClient: redis, insuranceLimiter: new RateLimiterMemory(limit) })
}

export interface Limits {
  RATE_ADDRESS_PER_MINUTE: number
  RATE_OPERATOR_PER_MINUTE: number
  RATE_TENANT_PER_MINUTE: number
}

export class RateLimits {
  readonly #address: Counter
  readonly #actor: Counter
  readonly #tenant: Counter

  constructor(redis: Redis, limits: Limits) {
    this.#address = createCounter(redis, 'address', limits.RATE_ADDRESS_PER_MINUTE, 60)
    this.#actor = createCounter(redis, 'actor', limits.RATE_OPERATOR_PER_MINUTE, 60)
    this.#tenant = createCounter(redis, 'tenant', limits.RATE_TENANT_PER_MINUTE, 60)
  }

  /** Counts one request; throws `rate.limited` with Retry-After when there are too many. */
  async take(request: IncomingMessage & { ip?: string | undefined }, principal: Principal | null): Promise<void> {
    const counts: [Counter, string, string][] = [[this.#address, request.ip ?? 'unknown', 'address']]
    if (principal)
      counts.push([this.#actor, principal.actor.id, 'operator'], [this.#tenant, principal.tenant, 'tenant'])
    await Promise.all(
      counts.map(async ([counter, key, scope]) => {
        const wait = await consume(counter, key)
        if (wait !== null) fail('rate.limited', { params: { scope } }, wait)
      }),
    )
  }
}

/** Seconds to wait, or null when there was room. */
export async function consume(counter: Counter, key: string): Promise<number | null> {
  try {
    await counter.consume(key)
    return null
  } catch (error) {
    if (error instanceof RateLimiterRes) return Math.max(1, Math.ceil(error.msBeforeNext / 1000))
    throw error
  }
}

/** Seconds until a used-up key opens again; null while there is room. Counts nothing. */
export async function blockedFor(counter: Counter, key: string): Promise<number | null> {
  const state = await counter.get(key)
  return state && state.consumedPoints >= counter.points ? Math.max(1, Math.ceil(state.msBeforeNext / 1000)) : null
}
