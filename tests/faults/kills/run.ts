/** Kills one kind of process again and again while batches are in flight, then compares the whole final state. */
import type { AlarmRow } from '../../../server/features/alarms/contract.ts'
import { Client } from '../../support/client.ts'
import { Watcher } from '../../support/watcher.ts'
import { Acknowledger } from './acknowledger.ts'
import { Installation, killed } from './installation.ts'
import { password, preload } from './preload.ts'
import { Senders } from './senders.ts'
import { settled, verify, withDatabase, type Findings } from './verify.ts'

export const targets = ['node', 'redis', 'mongo'] as const
export type Target = (typeof targets)[number]

export interface KillRun {
  kills: Partial<Record<Target, number>>
  alarms: number
  /** Least number of reports accepted between two kills. */
  between?: number
  seed?: number
  say?: (line: string) => void
  settings?: Record<string, string>
  /** Ends the killing after so long, however many are left. */
  minutes?: number
}

export interface KillResult extends Findings {
  kills: number
  inFlight: number
  refused: number
  unanswered: number
  acknowledged: number
  snapshots: number
  restarts: number
  killed: Record<Target, number>
  seconds: number
}

export async function killRun(options: KillRun): Promise<KillResult> {
  const { alarms, between = 150, seed = 1, say = () => undefined } = options
  const settings = { INTAKE_MOST_WAITING: '3000', ...options.settings }
  const made = await Installation.stores({ settings })
  let ended = false
  const started = performance.now()
  try {
    const sender = await preload(made, alarms)
    say(`preloaded ${alarms} alarms in ${seconds(started)} s`)
    await Promise.all([made.addNode(), made.addNode()])
    const urls = made.nodes.map(({ url }) => url)
    const people = await Promise.all(urls.map((url) => Client.signedIn(url, 'operator@acme', password)))
    const watchers = people.map(({ url, cookie = '' }) => new Watcher<AlarmRow>(url, cookie, 'alarms'))
    const senders = new Senders({ token: sender.token, urls, writers: 2, perBatch: 40, pauseMs: 10 })
    const acknowledger = new Acknowledger(people, alarms)
    const random = mulberry(seed)
    const killedAt: { at: number; node: number | undefined; target: Target }[] = []
    const until = performance.now() + (options.minutes ?? Infinity) * 60_000
    try {
      for (const target of plan(options.kills, random)) {
        if (performance.now() > until) break
        await senders.grown(between)
        await new Promise((resolve) => setTimeout(resolve, random() * 200))
        killedAt.push({ target, ...(await kill(made, target, random)) })
        if (killedAt.length % 10 === 0)
          say(`${killedAt.length} kills, ${senders.accepted} accepted, ${seconds(started)} s`)
      }
      await senders.grown(between)
      await senders.stop()
    } finally {
      senders.kill()
      await acknowledger.stop()
    }
    for (const node of made.nodes) await made.ready(node)
    const findings = await withDatabase(`${made.mongo.url}/deskwatch`, async (db) => {
      await settled(db)
      return verify(db, {
        sender: sender.id,
        acceptedIds: senders.acceptedIds(),
        preloaded: alarms,
        acknowledged: acknowledger.acknowledged,
        views: watchers.map(({ view }) => view),
      })
    })
    for (const watcher of watchers) watcher.close()
    ended = true
    return {
      ...findings,
      kills: killedAt.length,
      killed: { node: 0, redis: 0, mongo: 0, ...countBy(killedAt) },
      restarts: made.restarts,
      inFlight: killedAt.filter(({ at, node }) => senders.outstanding(at, node)).length,
      refused: senders.refused,
      unanswered: senders.unanswered,
      acknowledged: acknowledger.acknowledged.length,
      snapshots: watchers.reduce((sum, { snapshots }) => sum + snapshots, 0),
      seconds: seconds(started),
    }
  } finally {
    await made.end(!ended && process.env['KEEP_FILES'] === '1')
  }
}

function countBy(killed: { target: Target }[]): Partial<Record<Target, number>> {
  return Object.fromEntries([...Map.groupBy(killed, ({ target }) => target)].map(([target, list]) => [target, list.length]))
}

/** All kills in a random order, fixed by the seed. */
function plan(kills: KillRun['kills'], random: () => number): Target[] {
  const planned = targets.flatMap((target) => Array.from({ length: kills[target] ?? 0 }, () => target))
  return planned.map((target) => ({ target, key: random() })).sort((a, b) => a.key - b.key).map(({ target }) => target)
}

async function kill(made: Installation, target: Target, random: () => number) {
  const at = performance.timeOrigin + performance.now()
  if (target === 'redis') {
    await made.redis.kill()
    await made.startRedis()
    return { at, node: undefined }
  }
  if (target === 'mongo') {
    await made.mongo.kill()
    await made.startMongo()
    return { at, node: undefined }
  }
  // Never both at once: the one that is starting is left alone until it serves.
  const index = Math.floor(random() * made.nodes.length)
  const other = made.nodes[1 - index]
  if (other) await made.ready(other)
  const node = made.nodes[index]
  if (!node) throw new Error('there are two nodes')
  await made.ready(node)
  const now = performance.timeOrigin + performance.now()
  await killed(node.child)
  made.again(node)
  return { at: now, node: index }
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1000)

/** Mulberry32. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
