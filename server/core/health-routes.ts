/** Is the process alive, is it fit to serve, and its figures. */
import type { Express } from 'express'
import type { Core } from './core.ts'
import type { Live } from './live.ts'
import type { Mongo } from './mongo.ts'

export function mountHealth(
  app: Express,
  parts: { core: Core; mongo: Mongo; live: Live; draining: () => boolean },
): void {
  const { core, mongo, live } = parts
  app.get('/healthz', (_request, response) => void response.json({ status: 'alive' }))
  app.get('/readyz', (_request, response) => {
    const missing = [
      ...(mongo.ready() ? [] : ['mongodb']),
      ...(core.redis.status === 'ready' ? [] : ['redis']),
      ...(live.steady ? [] : ['views']),
      ...(parts.draining() ? ['draining'] : []),
    ]
    // Without Redis writes go on and screens say "delayed": that is degraded, not down.
    const ready = missing.every((name) => name === 'redis')
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ready' : 'not ready', missing, build: core.config.build })
  })
  app.get('/metrics', async (_request, response) => {
    response.type(core.metrics.registry.contentType).send(await core.metrics.registry.metrics())
  })
}
