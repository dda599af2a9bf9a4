import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

/** Reads of a whole, small collection, under a lease or on take-over; never for a request. */
const named = new Set([
  'find leases ',
  'find intake ',
  'find intake node',
  'find commands done,node',
  'delete commands at',
  'delete alarm-selections at',
  'find audit-inbox ',
])

let dir: string
let deskwatch: Deskwatch

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deskwatch-monitor-'))
  const monitor = fileURLToPath(new URL('../support/command-monitor.ts', import.meta.url))
  const env = { NODE_OPTIONS: `--import=${monitor}`, COMMAND_MONITOR_FILE: join(dir, 'commands') }
  deskwatch = await startDeskwatch({ env })
})
afterAll(async () => {
  await deskwatch?.stop()
  await rm(dir, { recursive: true, force: true })
})

interface Noted {
  at: number
  shape: string
  exact: boolean
}
const noted = async (): Promise<Noted[]> =>
  (await readFile(join(dir, 'commands'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => {
      const one: Noted = JSON.parse(line)
      return one
    })

const report = (n: number, more: object = {}) => ({ type: 'stutter', severity: 'high', desktop: `D-${n}`, ...more })

test('S5 no request reads a whole collection: every filter is a unique index', async () => {
  const since = Date.now()
  const sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  const admin = await deskwatch.signIn('admin@acme')
  const auditor = await deskwatch.signIn('auditor@acme')

  for (const status of ['firing', 'firing', 'cleared']) {
    await sender.post(
      '/alarms',
      Array.from({ length: 20 }, (_, n) => report(n, { status })),
    )
  }
  const alerts = [
    { labels: { alertname: 'High', host: 'h1', severity: 'warning' }, startsAt: new Date().toISOString() },
  ]
  const headers = { 'Content-Type': 'application/json' }
  await sender.post(
    '/integrations/alertmanager',
    { alerts: alerts.map((alert) => ({ ...alert, status: 'firing' })) },
    headers,
  )
  const list = async () => (await admin.get('/alarms')).as<{ items: { id: string; state: string }[] }>().items
  await until(
    'all have returned',
    async () => (await list()).filter(({ state }) => state === 'rtn-unacknowledged').length === 20,
  )
  const ids = (await list()).map(({ id }) => id)
  expect((await admin.post('/alarms/actions/acknowledge', { ids })).status).toBe(200)
  expect((await admin.post(`/alarms/${ids[0]}/actions/acknowledge`, {})).status).toBe(404)
  await until(
    'they are history',
    async () => (await admin.get('/alarms/history')).as<{ items: unknown[] }>().items.length === 20,
  )

  const made = await admin.post('/operators', { username: 'newcomer', name: 'New', role: 'operator' })
  const operator = made.as<{ id: string }>().id
  await admin.patch(`/operators/${operator}`, { name: 'Newer' })
  await admin.delete(`/operators/${operator}`)
  await admin.post('/regions', { name: 'north' })
  const paths = (await admin.raw('/../openapi.json').then((answer) => answer.json())) as {
    paths: Record<string, object>
  }
  const readings = Object.entries(paths.paths).filter(([path, methods]) => 'get' in methods && !path.includes('{'))
  for (const [path] of readings) {
    const route = path.replace('/api/v1', '')
    for (const client of [admin, auditor]) expect((await client.raw(route)).status, path).toBeLessThan(500)
  }
  for (const id of ids.slice(0, 2))
    for (const part of ['', '/reports', '/resources']) await admin.get(`/alarms/${id}${part}`)

  const order = (await admin.post('/work-orders/disk-checks', { name: 'x', lock: 'y' })).as<{ id: string }>().id
  const orderPath = `/work-orders/${encodeURIComponent(order)}`
  for (const verb of ['pause', 'resume']) await admin.post(`${orderPath}/actions/${verb}`, {})
  for (const verb of ['pause', 'resume', 'cancel'])
    expect((await admin.post(`/work-orders/actions/${verb}`, { ids: [order] })).status).toBe(200)
  for (const part of ['', '/log']) expect((await admin.get(`${orderPath}${part}`)).status).toBe(200)

  // The monitor tells a scan from the write path, and has seen both before it is believed.
  const commandsSince = async () => (await noted()).filter(({ at }) => at >= since)
  await until('a round of the leases is noted', async () =>
    (await commandsSince()).some(({ shape }) => shape === 'find leases '),
  )
  const commands = await commandsSince()
  const scans = commands.filter(({ exact, shape }) => !exact && !named.has(shape)).map(({ shape }) => shape)
  expect([...new Set(scans)]).toEqual([])
  const exact = (await noted()).filter((one) => one.exact).map(({ shape }) => shape)
  expect(exact).toEqual(
    expect.arrayContaining(['update alarms _id,v', 'delete intake _id', 'find alarm-history-index _id']),
  )
  expect(readings.length).toBeGreaterThan(10)
})
