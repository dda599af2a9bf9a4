/** Kills one kind of process again and again while batches are in flight, then compares the whole final state. */
import { killed, type Installation } from './installation.ts'
import { runTrial, type TrialResult } from './trial.ts'

export const targets = ['node', 'redis', 'mongo'] as const
export type Target = (typeof targets)[number]

export interface KillRun {
  kills: Partial<Record<Target, number>>
  alarms: number
  /** Least number of reports accepted between two kills. */
  between?: number
  seed?: number
  say?: (line: string) => void
  /** Ends the killing after so long, however many are left. */
  minutes?: number
}

export interface KillResult extends TrialResult {
  kills: number
  killed: Record<Target, number>
  /** Kills at a moment when a batch was outstanding (at that node, when a node was killed). */
  inFlight: number
}

interface Kill {
  target: Target
  at: number
  node: number | undefined
}

export async function killRun({
  kills,
  alarms,
  between = 150,
  seed = 1,
  say = () => undefined,
  minutes = Infinity,
}: KillRun): Promise<KillResult> {
  const random = mulberry(seed)
  const done: Kill[] = []
  let inFlight = 0
  const trial = await runTrial({ alarms, say }, async ({ made, senders }) => {
    const started = performance.now()
    for (const target of plan(kills, random)) {
      if (performance.now() - started > minutes * 60_000) break
      await senders.grown(between)
      await new Promise((resolve) => setTimeout(resolve, random() * 200))
      done.push(await kill(made, target, random))
      if (done.length % 10 === 0)
        say(`${done.length} kills, ${senders.accepted} accepted, ${Math.round((performance.now() - started) / 1000)} s`)
    }
    await senders.grown(between)
    inFlight = done.filter(({ at, node }) => senders.outstanding(at, node)).length
  })
  return { ...trial, kills: done.length, killed: { node: 0, redis: 0, mongo: 0, ...countBy(done) }, inFlight }
}

function countBy(killed: { target: Target }[]): Partial<Record<Target, number>> {
  return Object.fromEntries(
    [...Map.groupBy(killed, ({ target }) => target)].map(([target, list]) => [target, list.length]),
  )
}

/** All kills in a random order, fixed by the seed. */
function plan(kills: KillRun['kills'], random: () => number): Target[] {
  const planned = targets.flatMap((target) => Array.from({ length: kills[target] ?? 0 }, () => target))
  return planned
    .map((target) => ({ target, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ target }) => target)
}

async function kill(made: Installation, target: Target, random: () => number): Promise<Kill> {
  const at = performance.timeOrigin + performance.now()
  if (target === 'redis') {
    await made.redis.kill()
    await made.startRedis()
    return { target, at, node: undefined }
  }
  if (target === 'mongo') {
    await made.mongo.kill()
    await made.startMongo()
    return { target, at, node: undefined }
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
  return { target, at: now, node: index }
}

/** Mulberry32. */
export function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
