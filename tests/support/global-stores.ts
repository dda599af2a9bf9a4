import type { TestProject } from 'vitest/node'
import { startMongo, startRedis, type TestStore } from './stores.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    redisUrl: string
    mongoUrl: string
  }
}

type Pair = { users: number; started: Promise<[TestStore, TestStore]> }

/** Every vitest project loads its own copy of this file, so the one pair of the run is found on the global object. */
const place = globalThis as typeof globalThis & { deskwatchStores?: Pair | undefined }

/** One Redis and one MongoDB serve the whole run; `freshStores()` gives each test file its own part of them. */
export default async function setup(project: TestProject) {
  place.deskwatchStores ??= {
    users: 0,
    started: Promise.all([startRedis({ appendonly: false }), startMongo()]),
  }
  const pair = place.deskwatchStores
  pair.users += 1
  const [redis, mongo] = await pair.started
  project.provide('redisUrl', redis.url)
  project.provide('mongoUrl', mongo.url)

  return async () => {
    pair.users -= 1
    if (pair.users > 0) return
    place.deskwatchStores = undefined
    await Promise.all([redis.stop(), mongo.stop()])
  }
}
