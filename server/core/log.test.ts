import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestStore } from '../../tests/support/stores.ts'
import { silent } from '../../tests/support/write-path.ts'
import { until } from '../../tests/support/until.ts'
import { ChangeLog } from './log.ts'
import { connectRedis } from './redis.ts'

let redis: TestStore
let dir: string
let connections: Redis[] = []
let readers: Reader[] = []

/** A node as far as the log knows it: what it took, and how often it had to load everything anew. */
class Reader {
  readonly log: ChangeLog
  readonly taken: string[] = []
  readonly lost: string[] = []
  readonly told: string[] = []
  #tailing: Promise<void> = Promise.resolve()

  constructor() {
    const [write, read] = [connectRedis(redis.url, silent, 'write'), connectRedis(redis.url, silent, 'read')]
    connections.push(write, read)
    this.log = new ChangeLog(write, read, silent)
    readers.push(this)
  }

  async start(): Promise<this> {
    await until('redis is connected', async () => (await this.log.open()) > 0)
    await this.log.takePosition()
    this.#tailing = this.log.tail({
      entries: (entries) => void this.taken.push(...entries.map(({ data }) => data).filter(Boolean)),
      lastValues: (data) => void this.told.push(...data),
      read: () => undefined,
      lost: async (why) => void this.lost.push(why),
    })
    return this
  }

  async stop(): Promise<void> {
    this.log.stop()
    await this.#tailing
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deskwatch-log-'))
  redis = await startRedis({ dir: join(dir, 'redis') })
})
afterEach(async () => {
  await Promise.all(readers.map((reader) => reader.stop()))
  for (const connection of connections) connection.disconnect()
  ;[readers, connections] = [[], []]
  await redis.kill()
  await rm(dir, { recursive: true, force: true })
})

const tenTo = (from: number) => Array.from({ length: 10 }, (_, i) => `entry ${from + i}`)
const restart = async () => {
  redis = await startRedis({ dir: join(dir, 'redis'), port: redis.port })
}
const appended = (reader: Reader, entries: string[]) =>
  entries.reduce((before, entry) => before.then(() => reader.log.append(entry)), Promise.resolve())

test('S6 entries are dense and come in order to every node; the marker of the epoch is entry 0', async () => {
  const [one, two] = [await new Reader().start(), await new Reader().start()]
  expect(one.log.position.s).toBe(0)
  await Promise.all([appended(one, tenTo(0)), appended(two, tenTo(100))])
  await until('both have all', () => one.taken.length === 20 && two.taken.length === 20)
  expect(one.taken).toEqual(two.taken)
  expect(one.taken.filter((entry) => Number(entry.slice(6)) < 100)).toEqual(tenTo(0))
  expect(one.log.position).toEqual({ e: one.log.position.e, s: 20 })
  expect([...one.lost, ...two.lost]).toEqual([])
})

test('S6 an emptied Redis refuses until the next epoch is opened; every node loads anew and goes on', async () => {
  const [one, two] = [await new Reader().start(), await new Reader().start()]
  await appended(one, tenTo(0))
  await until('both have all', () => one.taken.length === 10 && two.taken.length === 10)
  const before = one.log.position.e
  await connections[0]?.flushall()
  await appended(two, ['after'])
  await until('both noticed', () => one.lost.length > 0 && two.lost.length > 0)
  expect(one.log.position.e).toBeGreaterThan(before)
  await appended(one, ['later'])
  await until('both go on', () => one.taken.includes('later') && two.taken.includes('later'))
  expect(one.log.position).toEqual(two.log.position)
})

test('S6 an emptied Redis is noticed also when nobody writes', async () => {
  const one = await new Reader().start()
  const before = one.log.position.e
  await connections[0]?.flushall()
  await until('it noticed', () => one.lost.length > 0)
  expect(one.log.position.e).toBeGreaterThan(before)
})

test('S6 a Redis killed and started again is another run: the next epoch, no entry taken for a later one', async () => {
  const [one, two] = [await new Reader().start(), await new Reader().start()]
  await appended(one, tenTo(0))
  const before = one.log.position.e
  await redis.kill()
  await expect(one.log.append('while away')).rejects.toThrow()
  await restart()
  await until('both are in the next epoch', () => [one, two].every((reader) => reader.log.position.e > before))
  await until('it takes entries', () => two.log.append('back').then(() => true))
  await until('both have it', () => one.taken.includes('back') && two.taken.includes('back'))
  expect(one.log.position.e).toBe(two.log.position.e)
})

test('S6 a Redis restored to an earlier point: what it counts again is not taken for what was read before', async () => {
  const [one, two] = [await new Reader().start(), await new Reader().start()]
  await appended(one, tenTo(0))
  await until('both have all', () => one.taken.length === 10 && two.taken.length === 10)
  await redis.stop()
  await cp(join(dir, 'redis'), join(dir, 'earlier'), { recursive: true })
  await restart()
  await until('both are back', () => one.lost.length === 1 && two.lost.length === 1)
  await appended(one, tenTo(10))
  await until('both have all', () => one.taken.length === 20 && two.taken.length === 20)
  const before = one.log.position
  await redis.kill()
  await rm(join(dir, 'redis'), { recursive: true })
  await cp(join(dir, 'earlier'), join(dir, 'redis'), { recursive: true })
  await restart()
  await until('it takes entries', () => one.log.append('after the restore').then(() => true))
  await until('both loaded anew', () => one.lost.length === 2 && two.lost.length === 2)
  await appended(two, ['and on'])
  await until('both go on', () => one.taken.includes('and on') && two.taken.includes('and on'))
  expect(one.log.position.e).toBeGreaterThan(before.e)
})

test('S6 entries forgotten before they were read are a gap: the node loads anew', async () => {
  const [one, behind] = [await new Reader().start(), await new Reader().start()]
  await appended(one, ['first'])
  await until('both have it', () => behind.taken.length === 1 && one.taken.length === 1)
  const { e } = one.log.position
  await connections[0]?.eval(`redis.call('XADD', KEYS[1], ARGV[1], 'd', '"jumped"')`, 1, 'deskwatch:log', `${e}-7`)
  await until('both noticed', () => one.lost.length === 1 && behind.lost.length === 1)
  expect(behind.lost[0]).toBe(`expected ${e}-2, got ${e}-7`)
  expect(behind.log.position).toEqual({ e, s: 7 })
})

test('S8 last values reach every node and take no place in the sequence', async () => {
  const [one, two] = [await new Reader().start(), await new Reader().start()]
  await one.log.appendLast('"value"')
  await until('both were told', () => one.told.length === 1 && two.told.length === 1)
  expect(one.log.position.s).toBe(0)
})

test('S11 a new node reads what is still kept, then follows', async () => {
  const one = await new Reader().start()
  await appended(one, tenTo(0))
  const fresh = await new Reader().start()
  const kept: string[] = []
  for await (const entries of fresh.log.kept()) kept.push(...entries.map(({ data }) => data).filter(Boolean))
  expect(kept).toEqual(tenTo(0))
  expect(await one.log.trim({ e: one.log.position.e, s: 8 })).toBe(3)
})
