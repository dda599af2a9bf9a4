import { afterAll, beforeAll, expect, test } from 'vitest'
import { TcpProxy } from '../../tests/support/tcp-proxy.ts'
import { freshStores } from '../../tests/support/stores.ts'
import { systemClock } from './clock.ts'
import { inputHash, Journal, journalCollections } from './journal.ts'
import { connectMongo, ensureIndexes, type Mongo } from './mongo.ts'

let stores: Awaited<ReturnType<typeof freshStores>>
let proxy: TcpProxy
let mongo: Mongo
let node: Journal
let other: Journal

beforeAll(async () => {
  stores = await freshStores()
  const { port } = new URL(stores.mongoUrl)
  proxy = await TcpProxy.to(Number(port))
  mongo = await connectMongo(stores.mongoUrl.replace(`:${port}/`, `:${proxy.port}/`))
  await ensureIndexes(mongo.db, journalCollections)
  node = journalOf('node-a')
  other = journalOf('node-b')
})
afterAll(async () => {
  await mongo?.close()
  await proxy?.close()
  await stores?.drop()
})

/** Only `node-dead` and `node-frozen` are gone. */
const journalOf = (name: string, hoursAhead = 0) =>
  new Journal(
    mongo.db,
    { ...systemClock, now: () => Date.now() + hoursAhead * 3600_000 },
    name,
    async (node) => node === 'node-dead' || node === 'node-frozen',
  )

const record = (key: string, input: unknown = { ids: ['x'] }, trace = 't1') => ({
  _id: `acme:op:${key}`,
  tenant: 'acme',
  route: 'POST /things',
  hash: inputHash(input),
  actor: { kind: 'operator' as const, id: 'acme:operator:o', name: 'O' },
  role: 'operator' as const,
  language: 'en' as const,
  address: '',
  trace,
  input,
})
const id = (key: string) => `acme:op:${key}`

test('S1 the same key and input answer the same; another input under that key is a mistake', async () => {
  expect(await node.begin(record('one'))).toEqual({ kind: 'new' })
  await node.finish(id('one'), { status: 200, body: { ok: 1 } }, [])
  expect(await node.begin(record('one', { ids: ['x'] }, 't2'))).toEqual({ kind: 'done', status: 200, body: { ok: 1 } })
  expect(await other.begin(record('one', { ids: ['x'] }, 't3'))).toEqual({ kind: 'done', status: 200, body: { ok: 1 } })
  expect(await node.begin(record('one', { ids: ['y'] }, 't4'))).toEqual({ kind: 'mismatch' })
})

test('S1 a command that still runs, here or elsewhere, is not begun twice', async () => {
  expect(await node.begin(record('running'))).toEqual({ kind: 'new' })
  expect(await node.begin(record('running', { ids: ['x'] }, 't2'))).toEqual({ kind: 'running' })
  expect(await other.begin(record('running', { ids: ['x'] }, 't2'))).toEqual({ kind: 'running' })
})

test('S1 a record whose answer was lost is one’s own: the repeat begins it', async () => {
  proxy.loseAnswers((request) => request.includes('commands') && request.includes('insert'))
  await expect(node.begin(record('lost'))).rejects.toThrow()
  expect(await node.begin(record('lost'))).toEqual({ kind: 'new' })
})

test('S1 what was given up here is begun again by its key, what was forgotten is free', async () => {
  await node.begin(record('given up'))
  node.giveUp(id('given up'))
  expect(await node.begin(record('given up', { ids: ['x'] }, 't2'))).toEqual({ kind: 'new' })
  await node.begin(record('forgotten'))
  await node.forget(id('forgotten'))
  expect(await other.begin(record('forgotten', { ids: ['z'] }, 't2'))).toEqual({ kind: 'new' })
})

test('S1 what a node wrote after it was taken for dead is begun by whoever is asked with its key', async () => {
  await journalOf('node-frozen').begin(record('orphan'))
  expect(await node.begin(record('orphan', { ids: ['x'] }, 't2'))).toEqual({ kind: 'new' })
  expect((await node.openOf('node-a')).map(({ _id }) => _id)).toContain(id('orphan'))
  expect(await other.begin(record('orphan', { ids: ['x'] }, 't3'))).toEqual({ kind: 'running' })
})

test('S2 a command stays open until its outcome is stored and what it changed is told', async () => {
  const dead = journalOf('node-dead')
  const open = async () =>
    (await dead.openOf('node-dead')).map(({ _id, outcome, touched }) => [_id, outcome?.status, touched])
  await dead.begin(record('open'))
  await dead.begin(record('settled'))
  await dead.finish(id('settled'), { status: 200, body: {} }, [['things', 'acme:a']])
  await dead.begin(record('changed nothing'))
  await dead.finish(id('changed nothing'), { status: 409, body: {} }, [])
  expect((await open()).sort()).toEqual([
    [id('open'), undefined, []],
    [id('settled'), 200, [['things', 'acme:a']]],
  ])
  await dead.done(id('settled'))
  expect(await open()).toEqual([[id('open'), undefined, []]])
})

test('S1 the first outcome stands, whoever comes second', async () => {
  await node.begin(record('first'))
  await node.finish(id('first'), { status: 200, body: 'first' }, [])
  await other.finish(id('first'), { status: 503, body: 'second' }, [])
  expect(await node.begin(record('first', { ids: ['x'] }, 't2'))).toMatchObject({ body: 'first' })
})

test('what was accepted is kept for a day, its input only until the outcome', async () => {
  const late = journalOf('clock', 23)
  await node.begin(record('kept'))
  await node.finish(id('kept'), { status: 200, body: {} }, [])
  await late.expire()
  const found = await mongo.db.collection<{ _id: string; input: unknown }>('commands').findOne({ _id: id('kept') })
  expect(found).toMatchObject({ input: null })
  const later = journalOf('clock', 25)
  await later.expire()
  expect(await mongo.db.collection<{ _id: string }>('commands').findOne({ _id: id('kept') })).toBeNull()
})
