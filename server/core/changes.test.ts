import { afterAll, beforeAll, expect, test } from 'vitest'
import { TcpProxy } from '../../tests/support/tcp-proxy.ts'
import { knows, openNode, openStores, stored, Things, type WritePathNode } from '../../tests/support/write-path.ts'
import { must } from './must.ts'
import { refused } from './problems.ts'

let stores: Awaited<ReturnType<typeof openStores>>
let proxy: TcpProxy
let near: WritePathNode
let far: WritePathNode
/** Hears nothing of the others: its view is always late. */
let late: WritePathNode

beforeAll(async () => {
  stores = await openStores()
  const url = new URL(stores.mongoUrl)
  proxy = await TcpProxy.to(Number(url.port))
  const proxied = { ...stores, mongoUrl: stores.mongoUrl.replace(`:${url.port}/`, `:${proxy.port}/`) }
  near = await openNode(proxied)
  far = await openNode(stores)
  late = await openNode(stores, { follow: false })
})
afterAll(async () => {
  await Promise.all([near, far, late].map((node) => node?.stop()))
  await proxy?.close()
  await stores?.drop()
})

const make = (node: WritePathNode, id: string, tenant = 'acme') =>
  node.core.changes.create(node.ctx(`make ${id}`, tenant), Things, { _id: id, tenant, name: id, n: 0 })
const add = (node: WritePathNode, key: string, ids: string[], by = 1) =>
  node.core.changes.each(node.ctx(key), Things, ids, (thing) => ({ next: { ...thing, n: thing.n + by } }))

test('S2 a change made at one node is in the database and in the view of the other', async () => {
  await make(near, 'acme:a')
  await knows(far, Things, 'acme:a', 1)
  expect(await add(far, 'a1', ['acme:a'])).toMatchObject([{ ok: true, changed: true, v: 2 }])
  await knows(near, Things, 'acme:a', 2)
  expect(await stored(near, Things, 'acme:a')).toMatchObject({ n: 1, v: 2 })
})

test('S2 who lost the race decides again on what stands; both changes count', async () => {
  await make(near, 'acme:race')
  await knows(far, Things, 'acme:race', 1)
  await Promise.all(Array.from({ length: 10 }, (_, i) => add(i % 2 ? near : far, `race ${i}`, ['acme:race'])))
  expect(await stored(near, Things, 'acme:race')).toMatchObject({ n: 10, v: 11 })
})

test('S2 a decision on an old view that does not hold any more is refused with what stands', async () => {
  await make(late, 'acme:one')
  await knows(near, Things, 'acme:one', 1)
  await add(near, 'first', ['acme:one'])
  const results = await late.core.changes.each(late.ctx('second'), Things, ['acme:one'], (thing) =>
    thing.n > 0 ? refused('state.conflict', { current: thing.n }) : { next: { ...thing, n: 99 } },
  )
  expect(results).toMatchObject([{ ok: false, problem: { code: 'state.conflict' }, current: 1 }])
  expect(await stored(near, Things, 'acme:one')).toMatchObject({ n: 1 })
})

test('S2 an answer lost after the commit is a success, done once', async () => {
  await make(near, 'acme:cut')
  const before = proxy.cuts
  proxy.loseAnswers((request) => request.includes('things') && request.includes('update'))
  expect(await add(near, 'cut', ['acme:cut'])).toMatchObject([{ ok: true, v: 2 }])
  expect(proxy.cuts).toBe(before + 1)
  expect(await stored(near, Things, 'acme:cut')).toMatchObject({ n: 1, v: 2 })
})

test('S2 an answer lost while another goes on top: done once, and the other stands too', async () => {
  await make(near, 'acme:between')
  await knows(far, Things, 'acme:between', 1)
  proxy.loseAnswers((request) => request.includes('things') && request.includes('update'))
  await Promise.all([add(near, 'mine', ['acme:between'], 10), add(far, 'theirs', ['acme:between'], 1)])
  expect(await stored(near, Things, 'acme:between')).toMatchObject({ n: 11, v: 3 })
})

test('S2 the same command again changes nothing and answers as before', async () => {
  await make(near, 'acme:twice')
  expect(await add(near, 'once', ['acme:twice'])).toMatchObject([{ ok: true, v: 2 }])
  expect(await add(near, 'once', ['acme:twice'])).toMatchObject([{ ok: true, v: 2 }])
  expect(await stored(near, Things, 'acme:twice')).toMatchObject({ n: 1, v: 2 })
})

test('S2 a redo at a node that never heard of the change finds it in the database', async () => {
  await make(late, 'acme:redo')
  await knows(near, Things, 'acme:redo', 1)
  await add(near, 'redone', ['acme:redo'])
  const ctx = { ...late.ctx('redone'), again: true }
  const results = await late.core.changes.each(ctx, Things, ['acme:redo'], () => refused('state.conflict'))
  expect(results).toMatchObject([{ ok: true, v: 2 }])
  expect(ctx.touched?.map(({ id }) => id)).toEqual(['acme:redo'])
})

test('S2 a redo of a deletion answers ok though the thing is gone', async () => {
  await make(near, 'acme:deleted')
  const remove = () =>
    near.core.changes.each(near.ctx('delete'), Things, ['acme:deleted'], (thing) => ({
      next: { ...thing, gone: true },
    }))
  expect(await remove()).toMatchObject([{ ok: true, v: 2 }])
  expect(await remove()).toMatchObject([{ ok: true, v: 2 }])
  expect(await add(near, 'other', ['acme:deleted'])).toMatchObject([
    { ok: false, problem: { code: 'request.not-found' } },
  ])
})

test('S2 whoever loses to a version that nobody told puts it into the log', async () => {
  await make(near, 'acme:untold')
  await knows(far, Things, 'acme:untold', 1)
  // A node that died between its commit and its entry in the log.
  const orphan = { _id: 'acme:untold', v: 2, tenant: 'acme', name: 'untold', n: 50 }
  await near.core.db.collection<typeof orphan>('things').replaceOne({ _id: 'acme:untold', v: 1 }, orphan)
  const stale = must(near.core.views.get(Things, 'acme:untold'), 'the view has the old one')
  const [result] = await near.core.changes.write([{ collection: Things, doc: { ...stale, gone: true }, base: 1 }])
  expect(result).toMatchObject({ ok: false, current: { n: 50, v: 2 } })
  await Promise.all([knows(near, Things, 'acme:untold', 2), knows(far, Things, 'acme:untold', 2)])
})

test('S3 acts answer per item: one refusal costs the others nothing', async () => {
  await make(near, 'acme:p1')
  await make(near, 'acme:p2')
  const results = await near.core.changes.each(
    near.ctx('per item'),
    Things,
    ['acme:p1', 'acme:nobody', 'acme:p2'],
    (thing) => (thing._id.endsWith('p1') ? refused('state.conflict') : { next: { ...thing, n: 5 } }),
  )
  expect(results.map(({ id, ok, problem }) => [id, ok, problem?.code])).toEqual([
    ['acme:p1', false, 'state.conflict'],
    ['acme:nobody', false, 'request.not-found'],
    ['acme:p2', true, undefined],
  ])
})

test('S5 a thing of another tenant answers exactly like a missing one', async () => {
  await make(near, 'globex:theirs', 'globex')
  const [foreign] = await add(near, 'foreign', ['globex:theirs'])
  const [missing] = await add(near, 'foreign', ['globex:nobody'])
  const { id: _foreign, ...one } = must(foreign, 'a result')
  const { id: _missing, ...other } = must(missing, 'a result')
  expect(one).toEqual(other)
  expect(await stored(near, Things, 'globex:theirs')).toMatchObject({ n: 0 })
})

test('S7 what was deleted is created again with the next version', async () => {
  await make(near, 'acme:again')
  await near.core.changes.each(near.ctx('bury'), Things, ['acme:again'], (thing) => ({
    next: { ...thing, gone: true },
  }))
  const made = await near.core.changes.create(near.ctx('again'), Things, {
    _id: 'acme:again',
    tenant: 'acme',
    name: 'new',
    n: 1,
  })
  expect(made).toMatchObject({ v: 3, n: 1 })
  expect(made?.gone).toBeUndefined()
})

test('S2 creating what exists is refused, under the same command it is the same thing', async () => {
  await make(near, 'acme:same')
  expect(
    await near.core.changes.create(near.ctx('another'), Things, { _id: 'acme:same', tenant: 'acme', name: 'x', n: 0 }),
  ).toBeNull()
  expect(await make(near, 'acme:same')).toMatchObject({ v: 1, name: 'acme:same' })
  const atLate = await late.core.changes.create(late.ctx('make acme:same'), Things, {
    _id: 'acme:same',
    tenant: 'acme',
    name: 'x',
    n: 0,
  })
  expect(atLate).toMatchObject({ v: 1, name: 'acme:same' })
})

test('S2 an insert whose answer was lost is one thing', async () => {
  proxy.loseAnswers((request) => request.includes('things') && request.includes('insert'))
  expect(await make(near, 'acme:inserted')).toMatchObject({ v: 1 })
  expect(await stored(near, Things, 'acme:inserted')).toMatchObject({ v: 1 })
})
