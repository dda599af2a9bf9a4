/** Desktops that a provider holds: powered, made, deleted, kept true, and their snapshots. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PoolCounts, RunState } from '#contract/inventory'
import type { SnapshotRow } from '#contract/snapshots'
import type { Problem } from '#wire'
import type { Ctx } from '../../server/core/feature.ts'
import { must } from '../../server/core/must.ts'
import { isRefusal } from '../../server/core/problems.ts'
import { releaseSnapshot, reserveSnapshot } from '../../server/features/snapshots/service.ts'
import { changeDesktop } from '../support/change.ts'
import type { Client } from '../support/client.ts'
import {
  desktopPath,
  plantDesktops,
  power,
  readDesktop,
  readSnapshot,
  snapshotPath,
  untilOrderEnds,
  untilRests,
} from '../support/desktops.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { offerSimulated, type TestFleet } from '../support/fleets.ts'
import { until } from '../support/until.ts'
import { startWorker, type TestWorker } from '../support/worker.ts'

interface Results {
  results: { id: string; ok: boolean; problem?: Problem; order?: { id: string; number: string } }[]
}

let deskwatch: Deskwatch
let fleet: TestFleet
let worker: TestWorker
let operator: Client
let admin: Client
const names = Array.from({ length: 20 }, (_, n) => `SIM-${String(n + 1).padStart(2, '0')}`)
const idOf = (n: number) => `acme:sim-${String(n).padStart(2, '0')}`
const chinese = { 'Accept-Language': 'zh-CN' }

beforeAll(async () => {
  deskwatch = await startDeskwatch({ env: { PROVIDER_SILENT_SECONDS: '1' } })
  fleet = await offerSimulated(deskwatch.house.dir, names)
  await plantDesktops(deskwatch.house, 'simulated', names, { pool: '设计池' })
  worker = await startWorker(deskwatch.house)
  operator = await deskwatch.signIn('operator@acme')
  admin = await deskwatch.signIn('admin@acme')
  await until('the desktops are listed', async () => (await operator.get(desktopPath(idOf(20)))).status === 200)
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await worker?.kill()
  await deskwatch?.stop()
  await fleet?.close()
  expect(faults).toEqual([])
})

test('a desktop is powered on, restarted and off; what is under way shows, and what did it stands in the record', async () => {
  const on = await power(operator, idOf(1), 'power-on')
  expect(on.status).toBe(200)
  expect(await readDesktop(operator, idOf(1))).toMatchObject({ runState: 'starting', act: { verb: 'power-on' } })
  await untilRests(operator, idOf(1), 'offline')
  expect(fleet.desktops.get(idOf(1))?.power).toBe('running')
  expect((await power(operator, idOf(1), 'restart')).status).toBe(200)
  await until('it starts again', async () => (await readDesktop(operator, idOf(1))).runState === 'starting')
  await untilRests(operator, idOf(1), 'offline')
  expect((await power(operator, idOf(1), 'power-off')).status).toBe(200)
  const off = await untilRests(operator, idOf(1), 'off')
  expect(off).toMatchObject({ trouble: null, stopped: { forced: false } })
  expect(off.stopped?.by).toBeTruthy()
})

test('each wrong state refuses with 409 and names itself and the states that would do', async () => {
  const wrong: [RunState, 'power-on' | 'power-off' | 'restart', string][] = [
    ['off', 'power-off', '离线运行、在线运行'],
    ['off', 'restart', '离线运行、在线运行'],
    ['starting', 'power-on', '关机'],
    ['creating', 'power-on', '关机'],
  ]
  const planted = await plantDesktops(deskwatch.house, 'simulated', ['W-1', 'W-2', 'W-3', 'W-4'])
  for (const [index, [state, verb, allowed]] of wrong.entries()) {
    const id = must(planted[index], 'planted')
    await changeDesktop(deskwatch, id, { runState: state })
    const answer = await operator.post(desktopPath(id, `/actions/${verb}`), {}, chinese)
    expect(answer.status, `${verb} × ${state}`).toBe(409)
    const problem = answer.as<Problem>()
    expect(problem).toMatchObject({ code: 'desktop.state', params: { state } })
    expect(problem.detail).toContain(`仅【${allowed}】`)
  }
  const refused = await operator.post('/snapshots', { desktop: must(planted[3], 'planted'), name: 'no' }, chinese)
  expect(refused.status).toBe(409)
  expect(refused.as<Problem>().detail).toBe('桌面状态为【创建中】，仅【离线运行、在线运行、关机】的桌面可执行此操作')
})

test('many at once answer one by one, and of two operators one wins each desktop', async () => {
  const second = await deskwatch.signIn('operator2@acme')
  const ids = [2, 3, 4, 5, 6, 7].map(idOf)
  const answers = await Promise.all(
    [operator, second].map((who) => who.post('/desktops/actions/power-on', { ids: [...ids, 'acme:nothing'] })),
  )
  for (const answer of answers) {
    const missing = answer.as<Results>().results.at(-1)
    expect(missing).toMatchObject({ ok: false, problem: { code: 'request.not-found' } })
  }
  for (const id of ids) {
    const results = answers.map((answer) => answer.as<Results>().results.find((one) => one.id === id))
    expect(results.filter((one) => one?.ok)).toHaveLength(1)
    expect(results.find((one) => !one?.ok)?.problem).toMatchObject({ code: 'desktop.state' })
  }
  for (const id of ids) await untilRests(operator, id, 'offline')
})

test('a guest that ends by itself or is started elsewhere shows as what it is', async () => {
  const desktop = must(fleet.desktops.get(idOf(2)), 'it is in the fleet')
  desktop.power = 'off'
  await untilRests(operator, idOf(2), 'off', 12)
  desktop.power = 'running'
  await untilRests(operator, idOf(2), 'offline', 20)
})

test('rights and walls: a viewer reads and does nothing, another tenant finds nothing', async () => {
  const viewer = await deskwatch.signIn('viewer@acme')
  const globex = await deskwatch.signIn('admin@globex')
  expect((await power(viewer, idOf(8), 'power-on')).status).toBe(403)
  expect((await viewer.post('/snapshots', { desktop: idOf(8), name: 'x' })).status).toBe(403)
  expect((await viewer.get(desktopPath(idOf(8), '/screenshot'))).status).toBe(403)
  expect((await operator.post('/desktops', { name: 'X', provider: 'simulated' })).status).toBe(403)
  expect((await power(globex, idOf(8), 'power-on')).status).toBe(404)
  expect((await globex.get(desktopPath(idOf(8), '/probe'))).status).toBe(404)
  expect((await globex.post('/snapshots', { desktop: idOf(8), name: 'x' })).status).toBe(404)
  expect((await operator.get(desktopPath(idOf(8), '/screenshot'))).as<Problem>().code).toBe('desktop.state')
  expect((await operator.get(desktopPath(idOf(3), '/screenshot'))).as<Problem>().code).toBe('provider.not-offered')
})

test('desktops are made by a work order each, a taken name refused, and deleted with their disks', async () => {
  const answer = await admin.post('/desktops', { name: 'NEW', count: 3, provider: 'simulated', image: 'simulated' })
  expect(answer.status).toBe(201)
  const { results } = answer.as<Results>()
  expect(results.map(({ id, ok }) => [id, ok])).toEqual(
    ['acme:new-01', 'acme:new-02', 'acme:new-03'].map((id) => [id, true]),
  )
  expect(await readDesktop(admin, 'acme:new-01')).toMatchObject({ runState: 'creating' })
  for (const { id, order } of results) {
    expect(await untilOrderEnds(admin, must(order, 'each has its order').id)).toMatchObject({
      state: 'succeeded',
      type: 'desktop-create',
      subject: { noun: 'desktops', id },
    })
    expect(await untilRests(admin, id, 'off')).toMatchObject({ host: 'h1', made: { image: 'simulated' } })
  }
  const again = await admin.post('/desktops', { name: 'new-02', provider: 'simulated' })
  expect(again.as<Results>().results[0]?.problem?.code).toBe('name.taken')
  expect((await admin.post('/desktops', { name: 'NOWHERE' })).as<Problem>().errors).toMatchObject([
    { path: 'provider' },
  ])
  const bad = await admin.post('/desktops', { name: 'BAD', provider: 'simulated', image: 'nothing-like-it' })
  const failed = await untilOrderEnds(admin, must(bad.as<Results>().results[0]?.order, 'ordered').id)
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'provider.unknown-image' } })
  expect(await untilRests(admin, 'acme:bad', 'error')).toMatchObject({ trouble: { code: 'provider.unknown-image' } })
  for (const id of ['acme:new-01', 'acme:bad']) {
    const gone = (await admin.delete(desktopPath(id))).as<Results['results'][0]>()
    await untilOrderEnds(admin, must(gone.order, 'deleted by an order').id)
    await until(`${id} is gone`, async () => (await admin.get(desktopPath(id))).status === 404)
  }
  expect(fleet.desktops.has('acme:new-01')).toBe(false)
})

test('snapshots are taken running and off, listed by filters, restored when off, deleted; the order is found by them', async () => {
  const online = await operator.post('/snapshots', { desktop: idOf(3), name: '升级前 one', description: 'why' })
  expect(online.status).toBe(201)
  const made = online.as<SnapshotRow>()
  expect(made).toMatchObject({ state: 'creating', consistency: null, desktop: { id: idOf(3) } })
  const order = await untilOrderEnds(operator, made.order.id)
  expect(order).toMatchObject({ state: 'succeeded', percent: 100, subject: { noun: 'snapshots', id: made.id } })
  await untilRests(operator, idOf(3), 'offline')
  const taken = await readSnapshot(operator, made.id)
  expect(taken).toMatchObject({ state: 'available', consistency: 'crash-consistent', virtualBytes: 64 * 2 ** 20 })
  expect(taken.bytes).toBeGreaterThan(0)
  const jump = await operator.get(`/work-orders?subject=${encodeURIComponent(made.id)}`)
  expect(jump.as<{ items: { id: string }[] }>().items.map(({ id }) => id)).toEqual([made.order.id])

  const running = await operator.post(snapshotPath(made.id, '/actions/restore'), {})
  expect(running.as<Problem>()).toMatchObject({ code: 'desktop.state', params: { allowed: ['off'] } })
  await power(operator, idOf(3), 'power-off')
  await untilRests(operator, idOf(3), 'off')
  const off = (await operator.post('/snapshots', { desktop: idOf(3), name: 'two' })).as<SnapshotRow>()
  const same = await operator.post('/snapshots', { desktop: idOf(3), name: 'TWO' })
  expect(same.as<Problem>().code).toBe('name.taken')
  await untilOrderEnds(operator, off.order.id)
  await untilRests(operator, idOf(3), 'off')
  expect(await readSnapshot(operator, off.id)).toMatchObject({
    consistency: 'clean',
    chain: [{ id: made.id }, { id: off.id }],
  })
  const found = async (query: string) =>
    (await operator.get(`/snapshots?${query}`)).as<{ items: SnapshotRow[] }>().items.map(({ id }) => id)
  expect(await found(`desktop=${idOf(3)}&consistency=clean`)).toEqual([off.id])
  expect(await found(`text=${encodeURIComponent('升级')}`)).toEqual([made.id])
  expect(await found(`state=available&sort=oldest&desktopName=sim-03`)).toEqual([made.id, off.id])

  const restoring = (await operator.post(snapshotPath(made.id, '/actions/restore'), {})).as<Results['results'][0]>()
  expect((await power(operator, idOf(3), 'power-on')).as<Problem>().code).toBe('desktop.busy')
  expect((await untilOrderEnds(operator, must(restoring.order, 'ordered').id)).state).toBe('succeeded')
  await untilRests(operator, idOf(3), 'off')
  expect(await readSnapshot(operator, made.id)).toMatchObject({ state: 'available', error: null })
  expect((await readSnapshot(operator, made.id)).restoredAt).not.toBeNull()

  expect((await admin.delete(desktopPath(idOf(3)))).as<Problem>()).toMatchObject({
    code: 'desktop.has-snapshots',
    params: { count: 2 },
  })
  const deleted = await operator.post('/snapshots/actions/delete', { ids: [made.id, off.id, 'acme:snap-none'] })
  expect(deleted.as<Results>().results.map(({ ok }) => ok)).toEqual([true, true, false])
  for (const id of [made.id, off.id])
    await until(`${id} is gone`, async () => (await operator.get(snapshotPath(id))).status === 404)
  await untilRests(operator, idOf(3), 'off')
})

test('a snapshot that an image is made from is not deleted, in the words of the manual, and says which image', async () => {
  const made = (await operator.post('/snapshots', { desktop: idOf(9), name: 'for an image' })).as<SnapshotRow>()
  await untilOrderEnds(operator, made.order.id)
  await until('it is available', async () => (await readSnapshot(operator, made.id)).state === 'available')
  const image = { noun: 'images', id: 'acme:image-1', name: '设计模板' }
  const { core } = deskwatch.house
  const ctx: Ctx = {
    tenant: 'acme',
    actor: { kind: 'system', id: 'images', name: 'the room of images' },
    role: null,
    permissions: new Set(),
    command: 'acme:images:1',
    trace: '',
    now: Date.now(),
    language: 'en',
    address: '',
    // This house has no views of its own: it reads back.
    again: true,
    core,
  }
  expect(isRefusal(await reserveSnapshot({ ...ctx, tenant: 'globex' }, made.id, image))).toBe(true)
  expect(await reserveSnapshot(ctx, made.id, image)).toMatchObject({ images: [image] })
  await until('the image shows', async () => (await readSnapshot(operator, made.id)).images.length === 1)
  const answer = await operator.delete(snapshotPath(made.id), chinese)
  expect(answer.status).toBe(409)
  expect(answer.as<Problem>()).toMatchObject({
    code: 'snapshot.has-image',
    detail: '快照已生成镜像，不允许删除',
    params: { images: [image] },
  })
  await releaseSnapshot(core, made.id, image.id)
  await until('it is let go', async () => (await readSnapshot(operator, made.id)).images.length === 0)
  expect((await operator.delete(snapshotPath(made.id))).status).toBe(200)
})

test('a provider that hangs or lies ends its act in a named state, and its order never shows more than is true', async () => {
  fleet.faults.lie = 1
  const lied = (await operator.post('/snapshots', { desktop: idOf(10), name: 'lied' })).as<SnapshotRow>()
  const seen: number[] = []
  await until('it ends', async () => {
    const order = (await operator.get(`/work-orders/${encodeURIComponent(lied.order.id)}`)).as<{
      state: string
      percent: number
    }>()
    seen.push(order.percent)
    return order.state === 'succeeded'
  })
  fleet.faults.lie = 0
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

test('pools count their desktops by state, live and when asked', async () => {
  const counts = (await operator.get('/desktop-pools/counts')).as<PoolCounts>()
  const total = names.length
  expect(counts['设计池']).toMatchObject({ total })
  const { off = 0, offline = 0, online = 0 } = must(counts['设计池'], 'the pool has desktops')
  expect(off + offline + online).toBe(total)
})

test('while its provider is away a desktop says since when nobody can tell, and acts are refused; back again, it is as it is', async () => {
  await fleet.close()
  await until(
    'it says that nobody can tell',
    async () => (await readDesktop(operator, idOf(4))).unknownSince !== null,
    40,
  )
  const refused = await power(operator, idOf(4), 'restart')
  expect(refused.status).toBe(503)
  expect(refused.as<Problem>().code).toBe('provider.unavailable')
  const standing = (await operator.get('/desktop-providers')).as<{ items: { provider: string; answers: boolean }[] }>()
  expect(standing.items.find(({ provider }) => provider === 'simulated')).toMatchObject({ answers: false })
  fleet = await offerSimulated(deskwatch.house.dir, names)
  await until('it is known again', async () => (await readDesktop(operator, idOf(4))).unknownSince === null, 40)
  expect((await readDesktop(operator, idOf(4))).runState).toBe('off')
})
