import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freshStores } from '../../tests/support/stores.ts'
import { silent } from '../../tests/support/write-path.ts'
import { until } from '../../tests/support/until.ts'
import { TcpProxy } from '../../tests/support/tcp-proxy.ts'
import { leaseCollections, Leases, type LeaseWork } from './leases.ts'
import { connectMongo, ensureIndexes, type Mongo } from './mongo.ts'

const config = { LEASE_RENEW_MS: 50, LEASE_EXPIRE_MS: 600 }
let stores: Awaited<ReturnType<typeof freshStores>>
let mongo: Mongo
let made = 0
const running: Member[] = []

/** A node as far as leases know it; `freeze` stops its renewals as SIGSTOP would. */
class Member {
  readonly leases: Leases
  readonly redone: string[] = []
  lost = false
  frozen = false
  #wake: (() => void)[] = []
  /** Thrown by the next redo. */
  failing: Error | null = null
  redoing: Promise<void> | null = null

  constructor(name: string, db = mongo.db) {
    // A frozen process answers nothing: its next step waits.
    const gate = async () => {
      if (this.frozen) await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
    const frozenDb = new Proxy(db, {
      get: (target, key) => {
        const other: unknown = Reflect.get(target, key)
        if (key !== 'collection') return other
        return (noun: string) => {
          const collection = target.collection(noun)
          return new Proxy(collection, {
            get: (inner, method) => {
              if (method === 'updateOne')
                return async (...args: Parameters<typeof inner.updateOne>) => {
                  await gate()
                  return inner.updateOne(...args)
                }
              const value: unknown = Reflect.get(inner, method)
              if (typeof value !== 'function') return value
              return (...args: unknown[]): unknown => Reflect.apply(value, inner, args)
            },
          })
        }
      },
    })
    const clock = { now: () => Date.now(), monotonic: () => performance.now() }
    this.leases = new Leases({ db: frozenDb, clock, logger: silent, config, incarnation: `${name}-${++made}` })
    running.push(this)
  }

  async start(): Promise<this> {
    const work: LeaseWork = {
      takeOver: async (incarnation) => {
        if (this.failing) throw this.failing
        await this.redoing
        this.redone.push(incarnation)
      },
      behind: () => 0,
      read: () => undefined,
      lost: () => (this.lost = true),
    }
    await this.leases.start(work)
    return this
  }

  thaw(): void {
    this.frozen = false
    for (const wake of this.#wake.splice(0)) wake()
  }
}

beforeAll(async () => {
  stores = await freshStores()
  mongo = await connectMongo(stores.mongoUrl)
  await ensureIndexes(mongo.db, leaseCollections)
})
afterEach(async () => {
  for (const member of running.splice(0)) {
    member.thaw()
    member.failing = null
    await member.leases.stop()
  }
})
afterAll(async () => {
  await mongo?.close()
  await stores?.drop()
})

const lease = (member: Member) =>
  mongo.db
    .collection<{ _id: string; pid: number; v: number }>('leases')
    .findOne({ _id: `node:${member.leases.incarnation}` })

test('a node whose lease is unchanged for long is taken over once, and ends when it wakes', async () => {
  const [one, two, frozen] = [
    await new Member('one').start(),
    await new Member('two').start(),
    await new Member('frozen').start(),
  ]
  frozen.frozen = true
  await until('somebody redid its work', () => one.redone.length + two.redone.length > 0)
  expect([...one.redone, ...two.redone]).toEqual([frozen.leases.incarnation])
  expect(frozen.leases.certain).toBe(false)
  frozen.thaw()
  await until('it learns of its death', () => frozen.lost)
  expect(one.lost || two.lost).toBe(false)
})

test('a node whose process is gone is taken over at once at start-up', async () => {
  const dead = await new Member('dead').start()
  dead.frozen = true
  await mongo.db
    .collection<{ _id: string }>('leases')
    .updateOne({ _id: `node:${dead.leases.incarnation}` }, { $set: { pid: 2 ** 22 - 3 } })
  const next = await new Member('next').start()
  expect(next.redone).toEqual([dead.leases.incarnation])
  expect(await lease(dead)).toBeNull()
})

test('a redo that takes longer than a lease is nobody’s death: both leases are renewed meanwhile', async () => {
  const one = new Member('one')
  let finish: () => void = () => undefined
  one.redoing = new Promise((resolve) => (finish = resolve))
  await one.start()
  const [two, frozen] = [await new Member('two').start(), await new Member('frozen').start()]
  two.redoing = one.redoing
  frozen.frozen = true
  const before = performance.now()
  await until('several leases’ time goes by', () => performance.now() - before > 4 * config.LEASE_EXPIRE_MS)
  expect(one.lost || two.lost).toBe(false)
  expect([...one.redone, ...two.redone]).toEqual([])
  finish()
  await until('it is redone', () => one.redone.length + two.redone.length > 0)
  expect([...one.redone, ...two.redone]).toEqual([frozen.leases.incarnation])
})

test('a redo that fails is begun again, and starting does not hang on it', async () => {
  const frozen = await new Member('frozen').start()
  frozen.frozen = true
  await mongo.db
    .collection<{ _id: string }>('leases')
    .updateOne({ _id: `node:${frozen.leases.incarnation}` }, { $set: { pid: 2 ** 22 - 3 } })
  const next = new Member('next')
  next.failing = new Error('the database hiccuped')
  await next.start()
  expect(next.redone).toEqual([])
  next.failing = null
  await until('the second try succeeds', () => next.redone.length === 1)
})

test('a database outage is nobody’s death', async () => {
  const { port } = new URL(stores.mongoUrl)
  const proxy = await TcpProxy.to(Number(port))
  const cut = await connectMongo(stores.mongoUrl.replace(`:${port}/`, `:${proxy.port}/`))
  const [one, two] = [await new Member('one', cut.db).start(), await new Member('two', cut.db).start()]
  proxy.loseAnswers(() => true, Infinity)
  await until('neither is certain any more', () => !one.leases.certain && !two.leases.certain)
  const before = performance.now()
  await until('long enough to be dead', () => performance.now() - before > 2 * config.LEASE_EXPIRE_MS)
  proxy.loseAnswers(() => false, 0)
  await Promise.all([one.leases.held(), two.leases.held()])
  const back = performance.now()
  await until('a while goes by', () => performance.now() - back > config.LEASE_EXPIRE_MS)
  expect([one.redone, two.redone, one.lost, two.lost]).toEqual([[], [], false, false])
  for (const member of running.splice(0)) await member.leases.stop()
  await cut.close()
  await proxy.close()
})

test('one owner per clock; it moves when its owner ends, and never to a node that has just come', async () => {
  const [one, two] = [await new Member('one').start(), await new Member('two').start()]
  expect(await one.leases.owns('expiry')).toBe(true)
  expect(await two.leases.owns('expiry')).toBe(false)
  const fresh = await new Member('fresh').start()
  // `two` may not have read the leases since `fresh` came.
  expect(await fresh.leases.owns('purge')).toBe(true)
  expect(await two.leases.owns('purge')).toBe(false)
  running.splice(running.indexOf(one), 1)
  await one.leases.stop()
  await until('the clock has a new owner', () => two.leases.owns('expiry'))
  expect(await fresh.leases.owns('expiry')).toBe(false)
})

test('two nodes that grasp a free clock at once: exactly one has it', async () => {
  const [one, two] = [await new Member('one').start(), await new Member('two').start()]
  for (let n = 0; n < 10; n++) {
    const owned = await Promise.all([one.leases.owns(`clock ${n}`), two.leases.owns(`clock ${n}`)])
    expect(owned.filter(Boolean)).toHaveLength(1)
  }
})

test('with work left open the lease stays for somebody else', async () => {
  const [leaving, staying] = [await new Member('leaving').start(), await new Member('staying').start()]
  running.splice(running.indexOf(leaving), 1)
  await leaving.leases.stop('work')
  await until('it is redone', () => staying.redone.length === 1)
  expect(staying.redone).toEqual([leaving.leases.incarnation])
})

test('S4 a node that has just come is not taken for one that is gone; one that ended is, after a while', async () => {
  const [one, other] = [await new Member('one').start(), await new Member('other').start()]
  expect(one.leases.goneFor(other.leases.incarnation, 0)).toBe(false)
  await until('it is seen', () => !one.leases.goneFor(other.leases.incarnation, 0))
  running.splice(running.indexOf(other), 1)
  await other.leases.stop()
  await until('it is gone', () => one.leases.goneFor(other.leases.incarnation, 0))
  expect(one.leases.goneFor(other.leases.incarnation, 60_000)).toBe(false)
  expect(await one.leases.isGone(other.leases.incarnation)).toBe(true)
})
