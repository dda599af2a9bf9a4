/** R3: many orders, workers killed and frozen without end, Redis emptied twice — then the verdict over all of them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { withDatabase } from '../kills/verify.ts'
import { mulberry } from '../kills/run.ts'
import type { OrderDoc } from '../../../server/features/work-orders/model.ts'
import { must } from '../../../server/core/must.ts'
import type { Client } from '../../support/client.ts'
import { act } from '../../support/orders.ts'
import { until } from '../../support/until.ts'
import { OrderRig, type Told } from './rig.ts'

export interface R3Options {
  orders: number
  workers: number
  killEveryMs: number
  seed: number
  say?: (line: string) => void
}

export interface R3Result {
  orders: number
  kills: number
  freezes: number
  flushes: number
  /** Orders that were running when their worker was struck. */
  interrupted: number
  /** Struck three times: failed as the rule says, then asked for again by a person. */
  poisoned: number
  duplicates: string[]
  lost: string[]
  stuck: string[]
  leftovers: string[]
  /** From the strike until the order was found and scheduled again, and until it ran again; ms. */
  longestUntilFound: number
  longestUntilRunning: number
  seconds: number
}

/** Of the real limits: a lease of 8 s. */
const env = { LEASE_RENEW_MS: '700', LEASE_EXPIRE_MS: '8000', WORKER_SLOTS: '4', ORDER_QUIET_MS: '60000' }

export async function r3({
  orders: count,
  workers,
  killEveryMs,
  seed,
  say = () => undefined,
}: R3Options): Promise<R3Result> {
  const started = Date.now()
  const rig = await OrderRig.start({ workers, env })
  try {
    const admin = await rig.signIn()
    const globex = await rig.signIn('admin@globex')
    const chaos = new Chaos(rig, { killEveryMs, seed, flushes: 2 })
    const running = chaos.run()
    const ids: { id: string; client: Client }[] = []
    for (let n = 0; n < count; n++) {
      const client = n % 4 === 3 ? globex : admin
      const [order] = await rig.order(client, 1, {
        dataMiB: 4 + (n % 5),
        rateMiB: 3,
        ...(n % 10 === 0 && { lock: `thing-${n % 3}` }),
      })
      ids.push({ id: must(order, 'made').id, client })
    }
    let poisoned = 0
    const deadline = Date.now() + 15 * 60_000
    for (;;) {
      const states = await statesOf(rig)
      const open = ids.filter(({ id }) => states.get(id)?.state !== 'succeeded')
      for (const { id, client } of open) {
        const doc = states.get(id)
        if (doc?.state !== 'failed' || doc.unsettled || doc.interruptions < 3) continue
        poisoned++
        await act(client, id, 're-execute')
      }
      say(
        `${Math.round((Date.now() - started) / 1000)} s: ${count - open.length} done, ${chaos.kills} kills, ${chaos.freezes} freezes`,
      )
      if (open.length === 0 || Date.now() > deadline) break
      await new Promise((resolve) => setTimeout(resolve, 5_000))
    }
    chaos.stop()
    await running
    await until('leftovers are removed', () => leftoversOf(rig).length === 0, 40).catch(() => undefined)
    const states = await statesOf(rig)
    const moves = movesOf(rig, states)
    return {
      orders: count,
      kills: chaos.kills,
      freezes: chaos.freezes,
      flushes: chaos.flushes,
      interrupted: moves.length,
      poisoned,
      duplicates: duplicatesOf(rig, states),
      lost: ids.filter(({ id }) => !states.has(id)).map(({ id }) => id),
      stuck: [...states.values()]
        .filter(({ state, holder }) => state !== 'succeeded' || holder)
        .map(({ _id, state }) => `${_id} ${state}`),
      leftovers: leftoversOf(rig),
      longestUntilFound: Math.max(0, ...moves.map(({ found }) => found)),
      longestUntilRunning: Math.max(0, ...moves.map(({ running: ms }) => ms)),
      seconds: Math.round((Date.now() - started) / 1000),
    }
  } finally {
    await rig.end()
  }
}

class Chaos {
  kills = 0
  freezes = 0
  flushes = 0
  #stopped = false
  readonly #rig: OrderRig
  readonly #plan: { killEveryMs: number; seed: number; flushes: number }

  constructor(rig: OrderRig, plan: { killEveryMs: number; seed: number; flushes: number }) {
    this.#rig = rig
    this.#plan = plan
  }

  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<void> {
    const random = mulberry(this.#plan.seed)
    const frozen: Promise<void>[] = []
    for (let n = 1; !this.#stopped; n++) {
      await new Promise((resolve) => setTimeout(resolve, this.#plan.killEveryMs))
      if (this.#stopped) break
      const { workers } = this.#rig
      await this.#rig.kill(Math.floor(random() * workers.length))
      this.kills++
      if (random() < 0.35) {
        // Sometimes shorter than a lease, sometimes longer.
        frozen.push(this.#rig.freeze(Math.floor(random() * workers.length), 1_000 + random() * 13_000))
        this.freezes++
      }
      if (n % 5 === 3 && this.flushes < this.#plan.flushes) {
        await this.#rig.flushRedis()
        this.flushes++
      }
    }
    await Promise.all(frozen)
  }
}

function statesOf(rig: OrderRig): Promise<Map<string, OrderDoc>> {
  return withDatabase(`${rig.made.mongo.url}/deskwatch`, async (db) => {
    const docs = await db.collection<OrderDoc>('work-orders').find({}).toArray()
    return new Map(docs.map((doc) => [doc._id, doc]))
  })
}

/** A finished step stored twice, an attempt begun twice, or a step of the result that no attempt of it began. */
function duplicatesOf({ told }: OrderRig, states: ReadonlyMap<string, OrderDoc>): string[] {
  const twice = (msg: string, key: (one: Told) => string) => {
    const seen = new Map<string, number>()
    for (const one of told) if (one.msg === msg && one.order) seen.set(key(one), (seen.get(key(one)) ?? 0) + 1)
    return [...seen].flatMap(([what, times]) => (times > 1 ? [`${msg}: ${what} × ${times}`] : []))
  }
  const unfinished = [...states.values()].flatMap(({ _id, state, steps }) =>
    state === 'succeeded' && steps.some((step) => step.state !== 'succeeded')
      ? [`${_id} is done without all its steps`]
      : [],
  )
  return [
    ...twice('a step ended', ({ order = '', step = '' }) => `${order} ${step}`),
    ...twice('an order begins', ({ order = '', attempt = 0 }) => `${order} attempt ${attempt}`),
    ...unfinished,
  ]
}

/** Of each order that ran when its worker was struck and lost it: how long until it was found, and ran again. */
function movesOf(rig: OrderRig, states: ReadonlyMap<string, OrderDoc>): { found: number; running: number }[] {
  return [...states.values()].flatMap((doc) =>
    doc.attempts.flatMap((attempt) => {
      if (attempt.error?.code !== 'interrupted' || attempt.endedAt === null) return []
      const begun = rig.told.find(
        (one) => one.order === doc._id && one.msg === 'an order begins' && one.attempt === attempt.n,
      )
      const next = rig.told.find(
        (one) => one.order === doc._id && one.msg === 'an order begins' && one.attempt === attempt.n + 1,
      )
      const strike = rig.strikes.findLast(({ pid, at }) => pid === begun?.pid && at <= (attempt.endedAt ?? 0))
      if (!strike || !next) return []
      return [{ found: attempt.endedAt - strike.at, running: next.time - strike.at }]
    }),
  )
}

function leftoversOf(rig: OrderRig): string[] {
  const root = join(rig.made.dir, 'work')
  return existsSync(root) ? readdirSync(root, { recursive: true }).map(String) : []
}
