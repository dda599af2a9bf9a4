/** The write path on real stores, one or more nodes of it in one process, without doors; their logs are followed. */
import { pino } from 'pino'
import { systemCtx } from '../../server/core/access.ts'
import { openHouse, untilReady, type House } from '../../server/core/house.ts'
import { readConfig } from '../../server/core/config.ts'
import type { Collection, Ctx, Doc, Feature } from '../../server/core/feature.ts'
import { freshStores } from './stores.ts'
import { until } from './until.ts'

export const silent = pino({ level: 'silent' })

export interface Things extends Doc {
  name: string
  n: number
}
export const Things: Collection<Things> = { noun: 'things', hot: true }
export const things: Feature = { name: 'things', collections: [Things], views: [], operations: [] }

export interface WritePathNode extends House {
  ctx: (key: string, tenant?: string) => Ctx
  stop: () => Promise<void>
}

export async function openStores() {
  return freshStores()
}

/** `follow: false`: a node that hears nothing of the others, as one whose log is late. */
export async function openNode(
  stores: { mongoUrl: string; redisUrl: string },
  {
    features = [things],
    follow = true,
    env = {},
  }: { features?: Feature[]; follow?: boolean; env?: Record<string, string> } = {},
): Promise<WritePathNode> {
  const config = readConfig({
    MONGODB_URI: stores.mongoUrl,
    REDIS_URL: stores.redisUrl,
    LOG_LEVEL: 'silent',
    LEASE_RENEW_MS: '100',
    LEASE_EXPIRE_MS: '2000',
    ...env,
  })
  const house = await openHouse(config, features, 'test')
  const { core, log } = house
  await untilReady(core)
  for (const feature of features) feature.assemble?.(core)
  await log.takePosition()
  await house.reload()
  await core.leases.start({
    takeOver: async () => undefined,
    behind: () => 0,
    read: () => undefined,
    lost: () => undefined,
  })
  const collections = new Map(house.collections.map((collection) => [collection.noun, collection]))
  const tailing = follow
    ? log.tail({
        entries(entries) {
          for (const { data } of entries) {
            const changed: [string, Doc][] = data ? JSON.parse(data) : []
            for (const [noun, doc] of changed) {
              const collection = collections.get(noun)
              if (collection) core.views.take(collection, doc)
            }
          }
        },
        lastValues: () => undefined,
        read: () => undefined,
        lost: () => house.reload(),
      })
    : Promise.resolve()
  return {
    ...house,
    ctx: (key, tenant = 'acme') => ({ ...systemCtx(core, tenant, 'test', `${tenant}:${key}`), touched: [] }),
    async stop() {
      await core.leases.stop()
      await house.close()
      await tailing
    },
  }
}

/** The document as the database has it. */
export async function stored<D extends Doc>(node: House, collection: Collection<D>, id: string): Promise<D | null> {
  // The collection holds documents of that shape only.
  return (await node.core.db.collection<Doc>(collection.noun).findOne({ _id: id })) as D | null
}

export const knows = (node: House, collection: Collection, id: string, v: number) =>
  until(`${id} is known at ${v}`, () => (node.core.views.get(collection, id)?.v ?? 0) >= v)
