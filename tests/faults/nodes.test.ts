import { once } from 'node:events'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { Installation, killed } from './kills/installation.ts'
import { preload } from './kills/preload.ts'
import { runTrial, type Trial } from './kills/trial.ts'
import { withDatabase } from './kills/verify.ts'

const settings = { LEASE_RENEW_MS: '200', LEASE_EXPIRE_MS: '2000' }

async function redisEmptied({ made, senders }: Trial): Promise<void> {
  const redis = new Redis(made.redis.url)
  await redis.flushall()
  await redis.quit()
  await senders.grown(100)
}

async function redisRestored({ made, senders }: Trial): Promise<void> {
  const [now, earlier] = [made.redis.dir, join(made.dir, 'earlier')]
  await made.redis.stop()
  await cp(now, earlier, { recursive: true })
  await made.startRedis()
  await senders.grown(100)
  await made.redis.kill()
  await rm(now, { recursive: true })
  await cp(earlier, now, { recursive: true })
  await made.startRedis()
  await senders.grown(100)
}

/** Stopped for longer than its lease: the other takes its work; awake again, it must end, and harm nothing till then. */
async function nodeFrozen({ made, senders }: Trial): Promise<void> {
  const node = made.nodes[0]
  if (!node) throw new Error('there are two nodes')
  const ended = once(node.child, 'exit')
  node.child.kill('SIGSTOP')
  await withDatabase(`${made.mongo.url}/deskwatch`, (db) =>
    until('its lease is taken and gone', async () => (await db.collection('leases').countDocuments()) === 1, 60),
  )
  node.child.kill('SIGCONT')
  const [code] = await ended
  expect(code).toBe(1)
  await made.ready(node)
  await senders.grown(100)
}

async function nodeDrained({ made, senders }: Trial): Promise<void> {
  const node = made.nodes[1]
  if (!node) throw new Error('there are two nodes')
  const asked = performance.now()
  const ended = once(node.child, 'exit')
  node.child.kill('SIGTERM')
  const [code] = await ended
  expect(code).toBe(0)
  expect(performance.now() - asked).toBeLessThan(15_000)
  made.again(node)
  await made.ready(node)
  await senders.grown(100)
}

test(
  'R1 Redis emptied, Redis restored to an earlier point, a node frozen beyond its lease, a node drained: nothing lost, every screen right',
  { timeout: 240_000 },
  async () => {
    const result = await runTrial({ alarms: 300, settings }, async (trial) => {
      await trial.senders.grown(200)
      await redisEmptied(trial)
      await redisRestored(trial)
      await nodeFrozen(trial)
      await nodeDrained(trial)
    })
    const { lost, wrongCounts, lostActs, wrongRows, surplus, ...figures } = result
    console.log(`faults of nodes and Redis: ${JSON.stringify(figures)}`)
    expect({ lost, wrongCounts, lostActs, wrongRows, surplus }).toEqual({
      lost: [],
      wrongCounts: [],
      lostActs: [],
      wrongRows: [],
      surplus: 0,
    })
    // The frozen one ended by itself.
    expect(figures.restarts).toBeGreaterThanOrEqual(1)
  },
)

test(
  'R5 a node killed at any moment of its start leaves nothing in the way of the next one',
  { timeout: 120_000 },
  async () => {
    const made = await Installation.stores({ settings })
    try {
      await preload(made, 50)
      const node = await made.addNode()
      await killed(node.child)
      for (let ms = 250; ms <= 1_750; ms += 250) {
        made.again(node)
        await new Promise((resolve) => setTimeout(resolve, ms))
        await killed(node.child)
      }
      made.again(node)
      await made.ready(node)
      await withDatabase(`${made.mongo.url}/deskwatch`, (db) =>
        until('only its own lease is left', async () => (await db.collection('leases').countDocuments()) === 1, 30),
      )
    } finally {
      await made.end()
    }
  },
)
