/** Redis connections: one that fails fast for publishing, one that may block for reading. */
import { Redis } from 'ioredis'
import type { Logger } from 'pino'

export function connectRedis(url: string, logger: Logger, use: 'write' | 'read'): Redis {
  const redis = new Redis(url, {
    lazyConnect: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 3_000,
    ...(use === 'write' && { commandTimeout: 3_000 }),
    retryStrategy: (times) => Math.min(50 * times, 1_000),
  })
  let told = false
  redis.on('error', (error: Error) => {
    if (!told) logger.warn({ err: error.message, use }, 'redis is not reachable, trying on')
    told = true
  })
  redis.on('ready', () => {
    if (told) logger.info({ use }, 'redis is back')
    told = false
  })
  return redis
}
