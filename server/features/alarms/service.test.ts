import { afterEach, beforeEach, expect, test } from 'vitest'
import { report } from '../../../tests/support/reports.ts'
import { TcpProxy } from '../../../tests/support/tcp-proxy.ts'
import { until } from '../../../tests/support/until.ts'
import { openNode, openStores, stored, type WritePathNode } from '../../../tests/support/write-path.ts'
import type { IntakeRecord } from '../../core/intake.ts'
import type { Ctx } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { decideAct, whoOf } from './acting.ts'
import { alarmFeature } from './feature.ts'
import { shown } from './holds.ts'
import {
  AlarmDocs,
  fingerprint,
  HistoryDocs,
  ReportDocs,
  type AlarmDoc,
  type HistoryDoc,
  type Report,
} from './model.ts'
import type { AlarmService } from './service.ts'
import { listAside, putBack } from './set-aside.ts'

let stores: Awaited<ReturnType<typeof openStores>>
let proxy: TcpProxy
let one: WritePathNode
let two: WritePathNode
let services: [AlarmService, AlarmService]

async function open(where: typeof stores, follow = true): Promise<[WritePathNode, AlarmService]> {
  const feature = alarmFeature()
  const node = await openNode(where, { features: [feature], follow })
  return [node, feature.service()]
}

beforeEach(async () => {
  stores = await openStores()
  const { port } = new URL(stores.mongoUrl)
  proxy = await TcpProxy.to(Number(port))
  const [first, second] = await Promise.all([
    open({ ...stores, mongoUrl: stores.mongoUrl.replace(`:${port}/`, `:${proxy.port}/`) }),
    open(stores),
  ])
  ;[one, two] = [first[0], second[0]]
  services = [first[1], second[1]]
})
afterEach(async () => {
  await Promise.all([one, two].map((node) => node?.stop()))
  await proxy?.close()
  await stores?.drop()
})

const id = fingerprint(report())
const alarm = () => stored(two, AlarmDocs, id)
const reports = () => two.core.db.collection<{ _id: string; batch: string }>(ReportDocs.noun).find({}).toArray()
const history = () => two.core.db.collection<HistoryDoc>(HistoryDocs.noun).find({}).toArray()
const folded = () => Promise.all(services.map((service) => until('all is folded', () => service.intake.waiting === 0)))
async function accept(service: AlarmService, ...given: Partial<Report>[]) {
  await service.accept(given.map((one) => report(one)))
  await folded()
}
const acknowledge = (service: AlarmService, ctx: Ctx) =>
  service.act(
    ctx,
    [id],
    decideAct('acknowledge', whoOf(ctx), (doc) => ({
      next: shown({ ...doc, acknowledgedAt: ctx.now, acknowledgedBy: 'x' }),
    })),
  )
const batch = (node: string, n: number, given: Report[]): IntakeRecord<Report> => ({
  _id: `${node}:${n}`,
  v: 1,
  node,
  n,
  reports: given,
})
const intake = () => two.core.db.collection<IntakeRecord<Report>>('intake')

test('S4 two nodes fold into the same alarm at once: every report counts once', async () => {
  const batches = Array.from({ length: 20 }, () => [report(), report(), report()])
  await Promise.all(batches.map((reports, n) => must(services[n % 2], 'two').accept(reports)))
  await folded()
  expect(await alarm()).toMatchObject({ count: 60, episode: 1 })
  expect(await reports()).toHaveLength(60)
})

test('S4 the same report again, at either node, is no new report', async () => {
  const again = report()
  await services[0].accept([again])
  await folded()
  await services[0].accept([{ ...again, receivedAt: 2_000_000 }])
  await services[1].accept([{ ...again, receivedAt: 3_000_000 }])
  await folded()
  expect(await alarm()).toMatchObject({ count: 1, lastSeenAt: 3_000_000 })
  expect(await reports()).toHaveLength(1)
})

test('S4 answers lost after the commit, at every write of a batch, count nothing twice', async () => {
  for (const noun of ['intake', 'alarm-reports', 'alarms']) {
    const before = proxy.cuts
    proxy.loseAnswers(
      (request) => request.includes(`\0${noun}\0`) && /insert|update/.test(request.toString('latin1')),
      1,
    )
    await accept(services[0], {}, {})
    expect(proxy.cuts, noun).toBe(before + 1)
  }
  expect(await alarm()).toMatchObject({ count: 6 })
  expect(await reports()).toHaveLength(6)
})

test('S2 a batch redone by a taker, wherever its node died, changes nothing that was done', async () => {
  const done = [report(), report()]
  const half = [report({ desktop: 'D2' }), report()]
  const open = [report(), report({ desktop: 'D3' })]
  // The dead node folded its first batch wholly, stored the reports of its second, and only accepted its third.
  const dead = [batch('dead', 1, done), batch('dead', 2, half), batch('dead', 3, open)]
  await intake().insertMany(dead.slice(0, 1))
  await services[0].intake.redo('dead')
  await intake().insertMany(dead)
  await two.core.db
    .collection<{ _id: string }>(ReportDocs.noun)
    .insertMany(half.map(({ id: _id, ...rest }) => ({ ...rest, _id, v: 1, batch: 'dead:2', alarm: fingerprint(rest) })))
  await services[1].intake.redo('dead')
  expect(await alarm()).toMatchObject({ count: 4, taken: { dead: 3 } })
  expect(await stored(two, AlarmDocs, fingerprint(report({ desktop: 'D2' })))).toMatchObject({ count: 1 })
  expect(await reports()).toHaveLength(6)
  await intake().insertMany(dead)
  await services[0].intake.redo('dead')
  expect(await alarm()).toMatchObject({ count: 4, v: must(await alarm(), 'stands').v })
  expect(await intake().countDocuments()).toBe(0)
})

test('S2 what a dead node folded and did not tell is told by its taker', async () => {
  await accept(services[0], {})
  const lost = report({ desktop: 'untold' })
  const untold = {
    ...must(await alarm(), 'stands'),
    _id: fingerprint(lost),
    desktop: 'untold',
    taken: { dead: 1 },
    v: 5,
  }
  await two.core.db.collection<AlarmDoc>(AlarmDocs.noun).insertOne(untold)
  await intake().insertOne(batch('dead', 1, [lost]))
  // The taker loaded the document when it started; the others, who did not, hear of it only now.
  const [taker, service] = await open(stores)
  await service.intake.redo('dead')
  await until('the others know', () => two.core.views.get(AlarmDocs, untold._id)?.v === 5)
  await taker.stop()
})

test('S4 a record that nobody’s lease covers any more is found and folded', async () => {
  await intake().insertOne(batch('gone', 1, [report()]))
  await services[0].redoOrphans()
  expect(await alarm()).toMatchObject({ count: 1 })
  expect(await intake().countDocuments()).toBe(0)
  // Of a node that lives it is that node's own.
  await intake().insertOne(batch(two.core.incarnation, 99, [report()]))
  await services[0].redoOrphans()
  expect(await intake().countDocuments()).toBe(1)
})

test('S4 the marks of nodes that live, or died lately, stay, however many there are', async () => {
  const taken = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`dead-${n}`, n + 1]))
  await accept(services[0], {})
  const before = must(await alarm(), 'stands')
  const doc: AlarmDoc = { ...before, taken: { ...before.taken, ...taken, [two.core.incarnation]: 7 } }
  await one.core.changes.write([{ collection: AlarmDocs, doc, base: before.v }])
  await accept(services[0], {})
  expect((await alarm())?.taken).toMatchObject({ ...taken, [two.core.incarnation]: 7 })
})

test('an acknowledged alarm that clears is history, found by its day, and no alarm any more', async () => {
  await accept(services[0], {}, {})
  await acknowledge(services[0], one.ctx('ack'))
  await until('the other node knows', () => two.core.views.get(AlarmDocs, id)?.state === 'acknowledged')
  await accept(services[1], { status: 'cleared', receivedAt: 2_000_000 })
  const gone = must(await alarm(), 'its tombstone stays')
  expect([gone.gone, gone.ended]).toEqual([true, undefined])
  expect(await history()).toMatchObject([{ alarm: id, episode: 1, count: 2, endedAt: 2_000_000, state: 'normal' }])
})

test('an episode ends at two nodes at once: history has what was committed, once', async () => {
  await accept(services[0], {})
  await acknowledge(services[0], one.ctx('ack'))
  await until('the other node knows', () => two.core.views.get(AlarmDocs, id)?.state === 'acknowledged')
  await Promise.all([
    services[0].accept([report(), report(), report({ status: 'cleared' })]),
    services[1].accept([report(), report({ status: 'cleared' })]),
  ])
  await folded()
  await until(
    'history is written',
    async () => (await two.core.db.collection(AlarmDocs.noun).findOne({ ended: { $exists: true } })) === null,
  )
  const standing = must(await alarm(), 'stands')
  const counted = (await history()).reduce((sum, { count }) => sum + count, 0) + (standing.gone ? 0 : standing.count)
  expect(counted).toBe(4)
})

test('an end that passed clears, by whichever node’s clock, once; news in between wins', async () => {
  await accept(services[0], { endsAt: 1_500_000 }, { desktop: 'D2', endsAt: 1_500_000 })
  await until('the other node knows', () => two.core.views.get(AlarmDocs, id) !== undefined)
  await Promise.all(services.map((service) => service.clearDue([id], 1_500_001)))
  expect(await alarm()).toMatchObject({ state: 'rtn-unacknowledged', clearedAt: 1_500_001, v: 2 })
  await until('the other node knows', () => two.core.views.get(AlarmDocs, id)?.v === 2)
  await accept(services[1], { receivedAt: 1_600_000, endsAt: 1_900_000 })
  await services[1].clearDue([id], 1_700_000)
  expect(await alarm()).toMatchObject({ state: 'unacknowledged', clearedAt: null, count: 2 })
})

test('acknowledging what had returned ends it: its history is stored, also when a clock must do it', async () => {
  await accept(services[0], {})
  await accept(services[0], { status: 'cleared' })
  proxy.loseAnswers((request) => request.includes('alarm-history-index') && request.includes('update'))
  const [result] = await acknowledge(services[0], one.ctx('ack'))
  expect(result).toMatchObject({ ok: true, changed: true })
  await services[0].archive([id])
  expect(await history()).toMatchObject([{ alarm: id, episode: 1, count: 1 }])
  expect((await alarm())?.ended).toBeUndefined()
})

test('an acknowledgement after another’s is no change, of a finished alarm it is refused', async () => {
  await accept(services[0], {})
  const first = await acknowledge(services[0], one.ctx('a'))
  await until('the other node knows', () => two.core.views.get(AlarmDocs, id)?.state === 'acknowledged')
  const second = await acknowledge(services[1], two.ctx('b'))
  expect([first[0]?.changed, second[0]?.changed]).toEqual([true, false])
  await accept(services[0], { status: 'cleared' })
  expect(await acknowledge(services[0], one.ctx('c'))).toMatchObject([
    { ok: false, problem: { code: 'request.not-found' } },
  ])
})

test('a report whose fold always fails is set aside and holds up no other; put back, it counts once', async () => {
  await accept(services[0], {})
  const sound = must(one.core.views.get(AlarmDocs, id), 'it was folded')
  // A document that a mistake of ours has spoilt: every fold into it throws.
  const spoilt = { ...sound, v: 9, seen: null }
  for (const { core } of [one, two]) core.views.take(AlarmDocs, spoilt)
  const others = ['VD-1', 'VD-2'].map((desktop) => report({ desktop }))
  await services[0].accept([others[0], report(), report(), others[1]].map((given) => must(given, 'four')))
  await accept(services[0], { desktop: 'VD-3' })
  for (const other of others) expect(await stored(two, AlarmDocs, fingerprint(other))).toMatchObject({ count: 1 })
  const aside = await listAside(two.core.db)
  expect(aside).toMatchObject([{ tenant: 'acme', alarm: id, reports: [{}, {}] }])
  expect(aside[0]?.error).toMatch(/TypeError/)
  expect((await one.core.metrics.reportsSetAside.get()).values[0]?.value).toBe(2)
  await until('the folded record is gone', async () => (await intake().countDocuments()) === 0)

  for (const { core } of [one, two]) core.views.take(AlarmDocs, { ...sound, v: 10 })
  await two.core.db.collection<AlarmDoc>(AlarmDocs.noun).replaceOne({ _id: id }, { ...sound, v: 10 })
  expect(await putBack(two.core.db, aside)).toBe(true)
  await services[1].redoOrphans()
  await services[1].redoOrphans()
  expect(await alarm()).toMatchObject({ count: 3, episode: 1 })
  expect(await listAside(two.core.db)).toEqual([])
  expect(await intake().countDocuments()).toBe(0)
})
