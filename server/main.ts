/** Composition root: config → stores → views → leases → doors → clocks → drain. */
import { createServer } from 'node:http'
import { Router } from 'express'
import { startAgents } from './agents.ts'
import { watchForCutOff } from './core/cut-off.ts'
import { must } from './core/must.ts'
import { broadcaster } from './core/broadcast.ts'
import { describeConfig, readConfig } from './core/config.ts'
import type { Door } from './core/outcome.ts'
import { redoCommands } from './core/redo.ts'
import { mountOperations } from './core/operations.ts'
import { createApp, finishApp } from './core/http.ts'
import { mountHealth } from './core/health-routes.ts'
import { openHouse, untilReady } from './core/house.ts'
import { Live } from './core/live.ts'
import { refuseOtherMethods } from './core/methods.ts'
import { mountOpenApi } from './core/openapi-routes.ts'
import { RateLimits } from './core/rate-limits.ts'
import { forgetTombstones } from './core/purge.ts'
import { startSchedules } from './core/schedules.ts'
import { drainOnSignal } from './core/shutdown.ts'
import { createSocketServer } from './core/console-socket.ts'
import { Sockets } from './core/sockets.ts'
import { Health } from './core/sync/health.ts'
import { mountWeb } from './core/web.ts'
import { rooms } from './rooms.ts'

if (process.argv.includes('--check-config')) {
  process.stdout.write(`${describeConfig(process.env)}\n`)
  process.exit(0)
}

const config = readConfig(process.env)
const { all: features, alarms, resources } = rooms()
const house = await openHouse(config, features, 'server')
const { core, log } = house
const operations = features.flatMap((feature) => feature.operations)
const views = features.flatMap((feature) => feature.views)

const app = createApp(core)
const http = createServer(app)
const io = createSocketServer(http, config)
const adapter = io.of('/').adapter
const health = new Health()
const live = new Live({
  ...house,
  ...core,
  liveViews: views,
  broadcast: broadcaster(io),
  occupied: (room) => adapter.rooms.has(room),
  onRead: (sentAt) => health.logRead(sentAt),
  now: core.clock.monotonic,
})
const behind = () => house.publisher.behindFor()
const signs = () => {
  const now = core.clock.monotonic()
  return health.report(now, behind() === 0 ? null : now - behind())
}
const sockets = new Sockets({ core, io, live, log, views, signs })
core.revoke = (who) => sockets.revoke(who)
core.looks = (tenant, view, item) => live.lookedAt(tenant, view).includes(item)

for (const feature of features) feature.assemble?.(core)
await untilReady(core)
await live.start()
let draining = false
const door: Door = {
  core,
  journal: house.journal,
  limits: new RateLimits(core.redis, config),
  draining: () => draining,
}
await core.leases.start({
  async takeOver(incarnation) {
    for (const feature of features) await feature.redo?.(incarnation)
    await redoCommands(operations, door, incarnation)
    while (!(await core.changes.published(60_000))) core.logger.warn('what was redone waits for the change log')
    core.metrics.leasesTaken.inc()
  },
  behind,
  read: (sentAt, leases) => health.leasesRead(sentAt, leases),
  lost() {
    core.logger.fatal('this node was taken for dead: ending, so that nothing is done twice')
    // What it committed stands: told now, or by nobody.
    void core.changes.published(2_000).finally(() => process.exit(1))
  },
})
const tailing = log.tail(live)
const cutOff = watchForCutOff({
  uri: must(config.MONGODB_URI, 'the house is open'),
  reachable: () => core.leases.certain,
  logger: core.logger,
  end: () => process.exit(1),
})

const api = Router({ caseSensitive: true })
for (const feature of features) feature.routes?.(core, api, app)
mountOperations(api, operations, door)
mountHealth(app, { core, mongo: house.mongo, live, draining: () => draining })
mountOpenApi(app, features)
app.use('/api/v1', api)
refuseOtherMethods(app, features)
mountWeb(app)
finishApp(app, core)
sockets.start()
resources.service().show((tenant, view) => live.lookedAt(tenant, view))
const agents = startAgents(io, core, { alarms: alarms.service(), samples: resources.service().samples })
for (const feature of features) await feature.start?.(core)
const forgetting = setInterval(() => forgetTombstones(core, house.collections), 10 * 60_000)
const schedules = startSchedules(core, [...features.flatMap(({ schedules = [] }) => schedules), ...house.schedules])

await new Promise<void>((resolve) => http.listen(config.PORT, config.HOST, resolve))
core.logger.info({ address: http.address(), incarnation: core.incarnation }, 'listening')

drainOnSignal(core.logger, config.DRAIN_MS, async () => {
  draining = true
  cutOff.stop()
  clearInterval(forgetting)
  await schedules.stop()
  agents.stop()
  await sockets.drain(4_000)
  http.close()
  http.closeIdleConnections()
  for (const feature of features) await feature.drain?.()
  for (const feature of features) await feature.stop?.()
  const told = await core.changes.published(3_000)
  if (told) for (const feature of features) await feature.settled?.()
  await core.leases.stop(told ? 'nothing' : 'work')
  await io.close()
  live.stop()
  await house.close()
  await tailing
})
