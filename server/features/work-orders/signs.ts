/**
 * What a server has to tell the worker of a running order quickly: stop, or somebody looks. Redis keys that vanish by
 * themselves; a worker that never sees them finds out from the database two seconds later.
 */
import type { Core } from '../../core/core.ts'

export type Sign = 'stop' | 'look'

const keyOf = (order: string) => `deskwatch:order:${order}`
const secondsOf: Record<Sign, number> = { stop: 60, look: 5 }

export async function give(
  { redis, logger }: Pick<Core, 'redis' | 'logger'>,
  order: string,
  sign: Sign,
): Promise<void> {
  try {
    await redis.set(keyOf(order), sign, 'EX', secondsOf[sign])
  } catch (error) {
    logger.debug({ err: error, order, sign }, 'a sign to a worker was lost')
  }
}

export async function readSigns(
  { redis, logger }: Pick<Core, 'redis' | 'logger'>,
  orders: readonly string[],
): Promise<Map<string, Sign>> {
  const signs = new Map<string, Sign>()
  if (orders.length === 0) return signs
  try {
    const found = await redis.mget(orders.map(keyOf))
    orders.forEach((order, index) => {
      const sign = found[index]
      if (sign === 'stop' || sign === 'look') signs.set(order, sign)
    })
  } catch (error) {
    logger.debug({ err: error }, 'signs could not be read')
  }
  return signs
}
