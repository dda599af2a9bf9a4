/** What people and programs ask of the alarm room once reports are in it: lists, acts, history, mappings. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ActResult } from '#wire'
import type { AlarmRow } from '#contract/alarms'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'
import { must } from '../../server/core/must.ts'

let deskwatch: Deskwatch
let sender: Client
let operator: Client
let second: Client
let viewer: Client

const people = [
  { desktop: 'ACT-1', severity: 'critical', user: 'li.na', business: 'R&D' },
  { desktop: 'ACT-2', severity: 'low', user: 'wang.lei', business: 'R&D' },
  { desktop: 'ACT-3', severity: 'high', user: 'zhou.hang', business: 'Finance', labels: { site: 'gz' } },
  { host: 'gz1-h-001', severity: 'medium' },
]

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  ;[operator, second, viewer] = await Promise.all([
    deskwatch.signIn('operator@acme'),
    deskwatch.signIn('operator2@acme'),
    deskwatch.signIn('viewer@acme'),
  ])
  await sender.post(
    '/alarms',
    people.map((one) => ({ type: 'stutter', summary: `of ${one.desktop ?? one.host}`, ...one })),
  )
  await until('all stand in the list', async () => (await list('')).total === people.length)
})
afterAll(() => deskwatch?.stop())

interface Listed {
  items: AlarmRow[]
  nextCursor: string | null
  total: number
}
const list = async (query: string, client = operator) => (await client.get(`/alarms?${query}`)).as<Listed>()
const places = ({ items }: Listed) => items.map(({ desktop, host }) => desktop ?? host)
const one = async (place: string) => must((await list(`text=${place}`)).items[0], `${place} is listed`)
const acknowledge = async (client: Client, ids: string[], headers?: Record<string, string>) =>
  (await client.post('/alarms/actions/acknowledge', { ids }, headers)).as<{ results: ActResult[] }>().results

test('the list answers filters, orders and pages, and says how many there are', async () => {
  expect(places(await list(''))).toEqual(['ACT-1', 'ACT-3', 'gz1-h-001', 'ACT-2'])
  expect(places(await list('severity=critical,low'))).toEqual(['ACT-1', 'ACT-2'])
  expect(places(await list('business=r%26d&user=li'))).toEqual(['ACT-1'])
  expect(places(await list('host=h-001'))).toEqual(['gz1-h-001'])
  expect(places(await list('sort=desktop'))).toEqual(['ACT-1', 'ACT-2', 'ACT-3', 'gz1-h-001'])
  expect((await list(`from=${Date.now() + 60_000}`)).total).toBe(0)
  expect((await list(`to=${new Date(Date.now() - 3600_000).toISOString()}`)).total).toBe(0)
  const paged: (string | null)[] = []
  let cursor: string | null = null
  do {
    const page: Listed = await list(`limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
    expect(page.total).toBe(4)
    paged.push(...places(page))
    cursor = page.nextCursor
  } while (cursor)
  expect(paged).toEqual(['ACT-1', 'ACT-3', 'gz1-h-001', 'ACT-2'])
  expect((await operator.get('/alarms/statistics')).body).toMatchObject({ total: 4, critical: 1, unacknowledged: 4 })
})

test('a filter or an order that does not exist is refused by its name', async () => {
  for (const [query, path] of [
    ['severity=purple', 'severity.0'],
    ['sevrity=high', 'sevrity'],
    ['state=on-fire', 'state.0'],
    ['sort=constructor', 'sort'],
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=x', 'limit'],
    ['from=yesterday', 'from'],
    ['text=' + 'x'.repeat(201), 'text'],
    ['cursor=acme:nothing', 'cursor'],
  ]) {
    const answer = await operator.get(`/alarms?${query}`)
    expect(answer.body, query).toMatchObject({ code: 'request.invalid', errors: [{ path }] })
  }
})

test('one alarm tells its version, its labels and its last reports; a viewer sees no people', async () => {
  const alarm = await one('ACT-3')
  const detail = await operator.get(`/alarms/${alarm.id}`)
  expect(detail.body).toMatchObject({ desktop: 'ACT-3', user: 'zhou.hang', labels: { site: 'gz' }, ended: false, v: 1 })
  expect(detail.headers.get('etag')).toBe('"1"')
  expect((await operator.get(`/alarms/${alarm.id}/reports`)).body).toMatchObject({
    total: 1,
    items: [{ source: 'api', status: 'firing' }],
  })
  expect((await viewer.get(`/alarms/${alarm.id}`)).body).toMatchObject({ desktop: 'ACT-3', user: null, labels: {} })
  expect((await list('user=zhou', viewer)).total).toBe(0)
  expect((await list('text=zhou', viewer)).total).toBe(0)
})

test('acknowledging answers for each alarm: changed, already so, not there', async () => {
  const [first, other] = [await one('ACT-1'), await one('ACT-2')]
  expect(await acknowledge(operator, [first.id])).toMatchObject([{ id: first.id, ok: true }])
  const mixed = await acknowledge(second, [first.id, other.id, 'acme:nothing', 'globex:nothing'])
  expect(mixed.map(({ ok }) => ok)).toEqual([true, true, false, false])
  expect(mixed[0]).toMatchObject({ changed: false })
  expect(mixed[1]).toMatchObject({ changed: true })
  expect(mixed[2]?.problem?.code).toBe('request.not-found')
  expect(await one('ACT-1')).toMatchObject({ state: 'acknowledged', acknowledgedBy: '李娜 Li Na' })
  expect(await one('ACT-2')).toMatchObject({ state: 'acknowledged', acknowledgedBy: '王磊 Wang Lei' })
})

test('the same command again changes nothing more; its key with another input is refused', async () => {
  const { id } = await one('gz1-h-001')
  const key = { 'Idempotency-Key': 'once' }
  const answers = [await acknowledge(operator, [id], key), await acknowledge(operator, [id], key)]
  expect(answers[1]).toEqual(answers[0])
  const other = await operator.post('/alarms/actions/acknowledge', { ids: ['acme:other'] }, key)
  expect([other.status, other.body]).toMatchObject([422, { code: 'idempotency.mismatch' }])
  // Another person's key of the same name is another key.
  expect((await second.post('/alarms/actions/acknowledge', { ids: ['acme:other'] }, key)).status).toBe(200)
})

test('one alarm is acknowledged by its own address; of one that is not there it says so', async () => {
  const { id } = await one('ACT-3')
  expect((await operator.post(`/alarms/${id}/actions/acknowledge`, { note: 'on it' })).body).toMatchObject({ ok: true })
  expect((await operator.post('/alarms/acme:nothing/actions/acknowledge', {})).status).toBe(404)
  expect((await viewer.post(`/alarms/${id}/actions/acknowledge`, {})).status).toBe(403)
})

test('acknowledged and cleared, an episode goes to the history; the next one counts on', async () => {
  const { id, episode } = await one('ACT-1')
  await sender.post('/alarms', { type: 'stutter', severity: 'critical', desktop: 'ACT-1', status: 'cleared' })
  await until('it has left the list', async () => (await list('text=ACT-1')).total === 0)
  const history = (await operator.get('/alarms/history?desktop=ACT-1')).as<Listed>()
  expect(history.items).toMatchObject([
    { desktop: 'ACT-1', alarm: id, state: 'normal', episode, acknowledgedBy: '李娜 Li Na' },
  ])
  const finished = must(history.items[0], 'it is there')
  expect((await operator.get(`/alarms/${encodeURIComponent(finished.id)}`)).body).toMatchObject({ ended: true })
  expect((await acknowledge(operator, [id]))[0]).toMatchObject({ ok: false })
  await sender.post('/alarms', { type: 'stutter', severity: 'low', desktop: 'ACT-1' })
  await until('it stands in the list again', async () => (await list('text=ACT-1')).total === 1)
  expect(await one('ACT-1')).toMatchObject({ id, episode: episode + 1, state: 'unacknowledged', acknowledgedBy: null })
  const foreign = await deskwatch.signIn('operator@globex')
  expect((await foreign.get('/alarms/history')).as<Listed>().items).toEqual([])
})

test('an administrator says how one sender’s labels are read, and takes it back', async () => {
  const admin = await deskwatch.signIn('admin@acme')
  const made = (await admin.post('/tokens', { name: 'other labels', scopes: ['alarms:write'] })).as<{
    id: string
    token: string
  }>()
  const mapping = {
    type: ['check'],
    severity: { p1: 'critical' },
    fallbackSeverity: 'low',
    desktop: ['vm_name'],
    host: ['node'],
    user: ['login'],
    business: ['team'],
    pool: ['pool'],
    summary: ['text'],
  }
  const path = `/alarm-sources/${encodeURIComponent(made.id)}/mapping`
  const put = (body: unknown, client = admin) => client.request('PUT', path, body)
  expect((await put({ mapping }, operator)).status).toBe(403)
  expect((await put({ mapping: { ...mapping, severity: { p1: 'worst' } } })).body).toMatchObject({
    errors: [{ path: 'mapping.severity.p1' }],
  })
  expect((await put({ mapping })).status).toBe(200)
  const post = async (vm: string) => {
    const labels = { check: 'fps', severity: 'P1', vm_name: vm, login: 'li.na', team: 'R&D', alertname: 'ignored' }
    const alerts = [{ status: 'firing', labels, annotations: { text: 'slow' } }]
    return Client.withToken(deskwatch.origin, made.token).post('/integrations/alertmanager', { alerts })
  }
  expect((await post('MAP-1')).status).toBe(202)
  await until('it stands in the list', async () => (await list('text=MAP-1')).total === 1)
  expect(await one('MAP-1')).toMatchObject({
    type: 'fps',
    severity: 'critical',
    user: 'li.na',
    business: 'R&D',
    summary: 'slow',
  })
  expect((await admin.get('/alarm-sources')).body).toMatchObject({ items: [{ id: made.id, custom: true }] })
  expect((await put({ mapping: null })).status).toBe(200)
  expect((await admin.get('/alarm-sources')).body).toMatchObject({ items: [{ id: made.id, custom: false }] })
  await post('MAP-2')
  await until('it is read by the common table', async () => (await list('type=ignored')).total === 1)
})
