/** The room of work orders: what it stores and shows, who runs next, and what is found and put right by the clock. */
import type { Core } from '../../core/core.ts'
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import type { OrderKind } from '../../core/order-kind.ts'
import { orderCommands } from './commands.ts'
import { Dispatcher } from './dispatch.ts'
import { archive, historyCollections } from './history.ts'
import { LogChunks, OrderDocs, OrderLocks } from './model.ts'
import { diskCheck } from './orders/disk-check.ts'
import { orderQueries } from './queries.ts'
import { mountQueuePage } from './queue-page.ts'
import { OrderView } from './row.ts'
import { give } from './signs.ts'
import { dayOf, StandingOrders } from './standing.ts'
import { Sweep } from './sweep.ts'

interface Parts {
  standing: StandingOrders
  dispatcher: Dispatcher
  sweep: Sweep
}

/** `kindsOf` the other rooms: known once all are made. */
export function workOrderFeature(kindsOf: () => OrderKind[]): Feature {
  let parts: Parts | undefined
  let telling: NodeJS.Timeout | undefined
  const ready = () => must(parts, 'the work-order room is assembled before it is used')
  return {
    name: 'work-orders',
    collections: [OrderDocs, LogChunks, OrderLocks, ...historyCollections],
    views: [OrderView],
    operations: [...orderCommands, ...orderQueries(ready)],
    orders: [diskCheck],
    assemble(core) {
      const kinds = new Map(kindsOf().map((kind) => [kind.kind, kind]))
      const standing = new StandingOrders(core)
      const dispatcher = new Dispatcher(core, standing, kinds)
      parts = { standing, dispatcher, sweep: new Sweep(core, standing, kinds) }
    },
    routes: (core, _api, app) => mountQueuePage(app, core),
    schedules: [
      { name: 'work-orders-dispatch', everyMs: 100, tick: () => ready().dispatcher.tick() },
      { name: 'work-orders-sweep', everyMs: 250, tick: () => ready().sweep.tick() },
      { name: 'work-orders-waits', everyMs: 1_000, tick: async () => ready().dispatcher.tellWaits() },
      {
        name: 'work-orders-archive',
        everyMs: 60_000,
        tick: (core) =>
          archive(
            core,
            ready()
              .standing.endedUntil(dayOf(core.clock.now()) - core.config.ORDER_HOT_DAYS)
              .slice(0, 500),
          ),
      },
      {
        name: 'work-orders-retention',
        everyMs: 3600_000,
        async tick(core) {
          const day = new Date(core.clock.now()).toISOString().slice(0, 10)
          await core.jobs.hand('work-orders.retention', day, { day })
        },
      },
    ],
    async start(core) {
      telling = setInterval(() => void look(core, ready().standing), 1_000)
    },
    async stop() {
      clearInterval(telling)
    },
  }
}

/** Tells the workers which orders somebody has open, and this node's figures. */
async function look({ metrics, leases, clock, ...core }: Core, standing: StandingOrders): Promise<void> {
  for (const [state, count] of Object.entries(standing.counts)) metrics.orders.set({ state }, count)
  const oldest = standing.oldestWaiting()
  metrics.ordersOldestWait.set(oldest === null ? 0 : (clock.now() - oldest) / 1_000)
  metrics.workerSlots.set([...leases.workers.values()].reduce((sum, slots) => sum + slots, 0))
  for (const { _id, tenant, state } of standing.running.values())
    if (state === 'running' && core.looks(tenant, 'work-orders', _id)) await give(core, _id, 'look')
}
