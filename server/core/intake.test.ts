import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freshStores } from '../../tests/support/stores.ts'
import { TcpProxy } from '../../tests/support/tcp-proxy.ts'
import { until } from '../../tests/support/until.ts'
import { silent } from '../../tests/support/write-path.ts'
import { Intake, type IntakeRecord } from './intake.ts'
import { connectMongo, type Mongo } from './mongo.ts'
import { Failure } from './problems.ts'

interface Thing {
  id: string
  text?: string
}

let stores: Awaited<ReturnType<typeof freshStores>>
let proxy: TcpProxy
let mongo: Mongo
let names = 0

beforeAll(async () => {
  stores = await freshStores()
  const { port } = new URL(stores.mongoUrl)
  proxy = await TcpProxy.to(Number(port))
  mongo = await connectMongo(stores.mongoUrl.replace(`:${port}/`, `:${proxy.port}/`))
})
beforeEach(() => mongo.db.collection('intake').deleteMany({}))
afterAll(async () => {
  await mongo?.close()
  await proxy?.close()
  await stores?.drop()
})

/** An intake whose fold, publishing and lease the test holds in its hand. */
function open(limits = { mostWaiting: 5_000, mostAgeMs: 60_000 }) {
  const state = {
    folded: [] as [string, number, string[]][],
    hold: null as Promise<void> | null,
    published: Promise.resolve(),
    held: Promise.resolve(),
  }
  const intake = new Intake<Thing>({
    db: mongo.db,
    logger: silent,
    incarnation: `node-${++names}`,
    limits,
    async fold(incarnation, batches) {
      await state.hold
      for (const { n, reports } of batches) state.folded.push([incarnation, n, reports.map(({ id }) => id)])
    },
    published: () => state.published,
    onDepth: () => undefined,
    held: () => state.held,
  })
  return { intake, state, name: `node-${names}` }
}
const things = (...ids: string[]): Thing[] => ids.map((id) => ({ id }))
const many = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `m${i}` }))
const records = () => mongo.db.collection<IntakeRecord<Thing>>('intake').find({}).sort({ n: 1 }).toArray()
function gate() {
  let open: () => void = () => undefined
  const closed = new Promise<void>((resolve) => (open = resolve))
  return { closed, open }
}
const code = async (act: Promise<void>) => {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return error instanceof Failure ? [error.refusal.refused, error.retryAfter] : error
}

test('S1 a batch is a durable record before it is accepted', async () => {
  const { intake, state } = open()
  const fold = gate()
  state.hold = fold.closed
  await intake.accept(things('a', 'b'))
  expect((await records()).map(({ n, reports }) => [n, reports.map(({ id }) => id)])).toEqual([[1, ['a', 'b']]])
  fold.open()
  await intake.drain()
})

test('S1 records are numbered densely and hold at most 1,200 reports; what waits goes together', async () => {
  const { intake, state } = open()
  const publishing = gate()
  state.published = publishing.closed
  await Promise.all([intake.accept(many(2_450)), intake.accept(things('x')), intake.accept(things('y'))])
  await intake.drain()
  expect((await records()).map(({ n, reports }) => [n, reports.length])).toEqual([
    [1, 1_200],
    [2, 1_200],
    [3, 52],
  ])
  publishing.open()
  await intake.cleared()
  expect(await records()).toEqual([])
})

test('S1 a record is never larger than the database takes, however large its reports are', async () => {
  const { intake, state } = open()
  const publishing = gate()
  state.published = publishing.closed
  const large = many(30).map((thing) => ({ ...thing, text: 'x'.repeat(700_000) }))
  await Promise.all([intake.accept(large.slice(0, 15)), intake.accept(large.slice(15))])
  const stored = await records()
  expect(stored.flatMap(({ reports }) => reports)).toHaveLength(30)
  expect(Math.max(...stored.map(({ reports }) => reports.length))).toBeLessThanOrEqual(6)
  publishing.open()
  await intake.cleared()
})

test('S1 an insert whose answer was lost is one record, accepted', async () => {
  const { intake, state } = open()
  proxy.loseAnswers((request) => request.includes('insert') && request.includes('intake'))
  const before = proxy.cuts
  await intake.accept(things('once'))
  expect(proxy.cuts).toBe(before + 1)
  await intake.drain()
  expect(state.folded.map(([, , ids]) => ids)).toEqual([['once']])
})

test('S1 nothing is accepted while this node may have lost its lease, and what it stored then is not answered', async () => {
  const { intake, state } = open()
  const lease = gate()
  state.held = lease.closed
  let accepted = false
  const accepting = intake.accept(things('a')).then(() => (accepted = true))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect([accepted, await records()]).toEqual([false, []])
  lease.open()
  await accepting
})

test('S2 the record goes only when what its fold wrote is told', async () => {
  const { intake, state } = open()
  const publishing = gate()
  state.published = publishing.closed
  await intake.accept(things('a'))
  await intake.drain()
  expect(await records()).toHaveLength(1)
  publishing.open()
  await intake.cleared()
  expect(await records()).toEqual([])
})

test('S4 batches fold strictly in order, those that wait together; a fold that fails is repeated whole', async () => {
  const { intake, state, name } = open()
  const fold = gate()
  state.hold = fold.closed
  await intake.accept(things('a'))
  for (const id of ['b', 'c', 'd']) await intake.accept(things(id))
  state.hold = Promise.reject(new Error('once'))
  state.hold.catch(() => (state.hold = null))
  fold.open()
  await intake.drain()
  expect(state.folded).toEqual(['a', 'b', 'c', 'd'].map((id, index) => [name, index + 1, [id]]))
})

test('S4 what a dead node left open is folded under its own name, in its own order, then gone', async () => {
  const { intake, state } = open()
  const left = [3, 1, 2].map((n) => ({ _id: `dead:${n}`, v: 1, node: 'dead', n, reports: things(`r${n}`) }))
  await mongo.db.collection<IntakeRecord<Thing>>('intake').insertMany(left)
  expect(await intake.owners()).toEqual(['dead'])
  expect(await intake.redo('dead')).toBe(3)
  expect(state.folded).toEqual([1, 2, 3].map((n) => ['dead', n, [`r${n}`]]))
  expect(await records()).toEqual([])
  expect(await intake.redo('dead')).toBe(0)
})

test('S4 overload answers 503: too many waiting, or one that waits too long', async () => {
  const { intake, state } = open({ mostWaiting: 5, mostAgeMs: 150 })
  const fold = gate()
  state.hold = fold.closed
  await intake.accept(things('a', 'b', 'c'))
  expect(await code(intake.accept(things('d', 'e', 'f')))).toEqual(['intake.overloaded', 2])
  await intake.accept(things('g'))
  await until(
    'the oldest is old',
    async () => (await code(intake.accept(things('h'))))?.toString() === 'intake.overloaded,2',
  )
  fold.open()
  await until('it takes again', async () => (await code(intake.accept(things('i')))) === null)
  await intake.drain()
  expect(state.folded.flatMap(([, , ids]) => ids)).toContain('g')
})

test('a node that drains takes nothing more, and folds what it took', async () => {
  const { intake, state } = open()
  const accepted = intake.accept(things('a'))
  const drained = intake.drain()
  expect(await code(intake.accept(things('b')))).toEqual(['server.draining', 2])
  await Promise.all([accepted, drained])
  expect(state.folded.flatMap(([, , ids]) => ids)).toEqual(['a'])
})
