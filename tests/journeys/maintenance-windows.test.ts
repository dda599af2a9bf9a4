/** Alarms under maintenance windows and under hosts that are down: laid, kept through a restart, lifted. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import type { Preview, WindowRow } from '#contract/maintenance-windows'
import { must } from '../../server/core/must.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let sender: Client
let foreign: Client
let operator: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  foreign = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write', 'globex'))
  operator = await deskwatch.signIn('operator@acme')
})
afterAll(() => deskwatch?.stop())

const far = () => new Date(Date.now() + 3600_000).toISOString()
const report = async (given: object, client = sender) =>
  expect((await client.post('/alarms', { type: 'stutter', severity: 'high', endsAt: far(), ...given })).status).toBe(
    202,
  )
const alarm = async (text: string, client = operator) =>
  (await client.get(`/alarms?text=${text}`)).as<{ items: AlarmRow[] }>().items[0]
const isIn = (text: string, state: AlarmRow['state'], client = operator) =>
  until(`${text} is ${state}`, async () => (await alarm(text, client))?.state === state)

const once = (ms: number, from = Date.now() - 1_000) => ({ kind: 'once', from, to: Date.now() + ms })
const make = (given: object, client = operator) =>
  client.post('/maintenance-windows', { effect: 'out-of-service', ...given })
const pathOf = ({ id }: WindowRow) => `/maintenance-windows/${encodeURIComponent(id)}`

test('a window says before it is saved what it would do, then does it, to what stands and to what comes', async () => {
  await report({ desktop: 'PATCH-1', host: 'h-1' })
  await report({ desktop: 'OTHER-1', host: 'h-2' })
  await report({ desktop: 'PATCH-F', host: 'h-1' }, foreign)
  await isIn('PATCH-1', 'unacknowledged')
  const plan = { scope: { hosts: ['h-1'] }, schedule: once(3600_000) }
  const preview = (await operator.post('/maintenance-windows/actions/preview', plan)).as<Preview>()
  expect(preview).toMatchObject({ alarms: 1, bySeverity: [0, 1, 0, 0], examples: ['PATCH-1'] })
  expect(preview.upcoming).toHaveLength(1)

  const made = await make({ name: 'patch night', ...plan })
  expect(made.status).toBe(201)
  await isIn('PATCH-1', 'out-of-service')
  expect(await alarm('PATCH-1')).toMatchObject({
    serviceReason: 'window:patch night',
    serviceUntil: plan.schedule.to,
    acknowledgedAt: null,
  })
  await report({ desktop: 'PATCH-2', host: 'h-1' })
  await until('the new one is there', async () => (await alarm('PATCH-2')) !== undefined)
  // Never shown as anything else: it was born under the window.
  expect(await alarm('PATCH-2')).toMatchObject({ state: 'out-of-service' })
  expect(await alarm('OTHER-1')).toMatchObject({ state: 'unacknowledged' })
  const globex = await deskwatch.signIn('operator@globex')
  expect(await alarm('PATCH-F', globex)).toMatchObject({ state: 'unacknowledged' })

  // A person who returns one to service is not overruled.
  const own = must(await alarm('PATCH-1'), 'it stands')
  expect((await operator.post(`/alarms/${own.id}/actions/return-to-service`, {})).status).toBe(200)
  await report({ desktop: 'PATCH-1', host: 'h-1', severity: 'critical' })
  await until('its report came', async () => (await alarm('PATCH-1'))?.severity === 'critical')
  expect(await alarm('PATCH-1')).toMatchObject({ state: 'unacknowledged' })

  // Edited to another host: what it laid is lifted; deleted: also there.
  const row = made.as<WindowRow>()
  const edited = { name: 'patch night', effect: 'suppressed', scope: { hosts: ['h-2'] }, schedule: plan.schedule }
  expect((await operator.request('PUT', pathOf(row), edited)).status).toBe(200)
  await isIn('PATCH-2', 'unacknowledged')
  await isIn('OTHER-1', 'suppressed')
  expect(await alarm('OTHER-1')).toMatchObject({ suppressedBy: 'window:patch night' })
  expect((await operator.delete(pathOf(row))).status).toBe(200)
  await isIn('OTHER-1', 'unacknowledged')
})

test('a window ends by itself, also when the server was down at that moment', async () => {
  await report({ desktop: 'SHORT-1', host: 'h-3' })
  await isIn('SHORT-1', 'unacknowledged')
  expect((await make({ name: 'short', scope: { desktops: ['SHORT-1'] }, schedule: once(4_000) })).status).toBe(201)
  await isIn('SHORT-1', 'out-of-service')
  await deskwatch.nodes[0]?.kill()
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  await deskwatch.restart()
  await isIn('SHORT-1', 'unacknowledged')
  const { items } = (await operator.get('/maintenance-windows?text=short')).as<{ items: WindowRow[] }>()
  await until('it has no occurrence left', async () => {
    const { upcoming } = (await operator.get(pathOf(must(items[0], 'it is listed')))).as<WindowRow>()
    return upcoming.length === 0
  })
})

test('while a host is down its desktops are suppressed, and nothing of them is announced', async () => {
  await report({ desktop: 'GUEST-1', host: 'h-9' })
  await isIn('GUEST-1', 'unacknowledged')
  await report({ host: 'h-9', type: 'host-down', severity: 'critical' })
  await isIn('GUEST-1', 'suppressed')
  expect(await alarm('GUEST-1')).toMatchObject({ suppressedBy: 'host:h-9' })
  const [host] = (await operator.get('/alarms?type=host-down')).as<{ items: AlarmRow[] }>().items
  expect(host).toMatchObject({ host: 'h-9', state: 'unacknowledged' })
  await report({ desktop: 'GUEST-2', host: 'h-9' })
  await until('the new one is there', async () => (await alarm('GUEST-2')) !== undefined)
  expect(await alarm('GUEST-2')).toMatchObject({ state: 'suppressed' })

  await deskwatch.nodes[0]?.kill()
  await deskwatch.restart()
  await report({ host: 'h-9', type: 'host-down', severity: 'critical', status: 'cleared' })
  await isIn('GUEST-1', 'unacknowledged')
  await isIn('GUEST-2', 'unacknowledged')
})

test('a recurring window tells its next occurrences; a name is taken once; another tenant sees nothing', async () => {
  const weekly = { kind: 'recurring', cron: '0 2 * * 6', timeZone: 'Asia/Shanghai', minutes: 120 }
  const given = { name: 'saturdays', scope: { pools: ['CAD'] }, schedule: weekly }
  const made = await make(given)
  expect(made.status).toBe(201)
  const row = made.as<WindowRow>()
  expect(row.upcoming).toHaveLength(5)
  expect(
    row.upcoming.every(({ from }) => new Date(from).getUTCDay() === 5 && new Date(from).getUTCHours() === 18),
  ).toBe(true)
  expect((await make(given)).body).toMatchObject({ status: 409, code: 'name.taken' })
  const globex = await deskwatch.signIn('operator@globex')
  expect((await globex.get(pathOf(row))).status).toBe(404)
  expect((await globex.delete(pathOf(row))).status).toBe(404)
  const viewer = await deskwatch.signIn('viewer@acme')
  expect((await make({ ...given, name: 'mine' }, viewer)).status).toBe(403)
})

test('bad windows are refused by field', async () => {
  const good = { name: 'bad', scope: { hosts: ['h'] }, schedule: once(1_000) }
  const cases: [object, string][] = [
    [{ scope: {} }, 'scope'],
    [{ schedule: { kind: 'once', from: 5, to: 4 } }, 'schedule.to'],
    [{ schedule: { kind: 'recurring', cron: '61 * * * *', timeZone: 'UTC', minutes: 5 } }, 'schedule.cron'],
    [{ schedule: { kind: 'recurring', cron: '0 * * * *', timeZone: 'Mars/Base', minutes: 5 } }, 'schedule.timeZone'],
    [{ scope: { labels: { $where: '1' } } }, 'scope.labels'],
    [{ name: '' }, 'name'],
  ]
  for (const [wrong, path] of cases) {
    const { body } = await make({ ...good, ...wrong })
    const { status, errors = [] } = body as { status: number; errors?: { path: string }[] }
    expect([status, errors.some((error) => error.path.startsWith(path))], JSON.stringify([wrong, errors])).toEqual([
      400,
      true,
    ])
  }
})
