/**
 * Limits that keep one caller from taking the house from the others. Counted in Redis, in memory while Redis is away:
 * a limit is never a reason to be down. Machines that report are limited by overload alone (503), never by 429.
 */
import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Principal } from './access.ts'
import { fail } from './problems.ts'

const patienceMs = 250
const restMs = 5_000
/** Per connection: a Redis that was slow or away is not asked again for a while, so it slows one request, not each. */
const restingUntil = new WeakMap<Redis, number>()

/** `points` per `seconds`. */
export class Counter {
  readonly points: number
  readonly #redis: Redis
  readonly #shared: RateLimiterRedis
  readonly #local: RateLimiterMemory

  constructor(redis: Redis, name: string, points: number, seconds: number) {
    const limit = { keyPrefix: `limit:${name}`, points, duration: seconds }
    this.points = points
    this.#redis = redis
    this.#shared = new RateLimiterRedis({ ...limit, storeClient: redis })
    this.#local = new RateLimiterMemory(limit)
  }

  /** Seconds to wait, or null when there was room. */
  async consume(key: string): Promise<number | null> {
    try {
      await this.#ask((limiter) => limiter.consume(key))
      return null
    } catch (error) {
      if (error instanceof RateLimiterRes) return seconds(error)
      throw error
    }
  }

  /** Seconds until a used-up key opens again; null while there is room. Counts nothing. */
  async blockedFor(key: string): Promise<number | null> {
    const state = await this.#ask((limiter) => limiter.get(key))
    return state && state.consumedPoints >= this.points ? seconds(state) : null
  }

  async forget(key: string): Promise<void> {
    await this.#ask((limiter) => limiter.delete(key))
  }

  async #ask<T>(question: (limiter: RateLimiterAbstract) => Promise<T>): Promise<T> {
    if (performance.now() < (restingUntil.get(this.#redis) ?? 0)) return question(this.#local)
    try {
      return await soon(question(this.#shared))
    } catch (error) {
      if (error instanceof RateLimiterRes) throw error
      restingUntil.set(this.#redis, performance.now() + restMs)
      return question(this.#local)
    }
  }
}

const seconds = ({ msBeforeNext }: RateLimiterRes) => Math.max(1, Math.ceil(msBeforeNext / 1000))

async function soon<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>(
    (_, reject) => (timer = setTimeout(() => reject(new Error('no answer in time')), patienceMs)),
  )
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
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
    this.#address = new Counter(redis, 'address', limits.RATE_ADDRESS_PER_MINUTE, 60)
    this.#actor = new Counter(redis, 'actor', limits.RATE_OPERATOR_PER_MINUTE, 60)
    this.#tenant = new Counter(redis, 'tenant', limits.RATE_TENANT_PER_MINUTE, 60)
  }

  /** Counts one request; throws `rate.limited` with Retry-After when there are too many. */
  async take(request: { ip?: string | undefined }, principal: Principal | null): Promise<void> {
    const counts: [Counter, string, string][] = [[this.#address, request.ip ?? 'unknown', 'address']]
    if (principal)
      counts.push([this.#actor, principal.actor.id, 'operator'], [this.#tenant, principal.tenant, 'tenant'])
    await Promise.all(
      counts.map(async ([counter, key, scope]) => {
        const wait = await counter.consume(key)
        if (wait !== null) fail('rate.limited', { params: { scope } }, wait)
      }),
    )
  }
}
