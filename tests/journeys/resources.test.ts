/** What a real machine measures, from its agents to the alarm it is kept with; and host figures out of a real Prometheus. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Frame } from '#wire'
import type { AlarmResources, Series } from '#contract/resources'
import { must } from '../../server/core/must.ts'
import { startAgent, type TestAgent } from '../support/agent.ts'
import { connectConsole, connected } from '../support/console.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import type { Client } from '../support/client.ts'
import { startExporter, startPrometheus, type Sender } from '../support/senders.ts'
import { until } from '../support/until.ts'

let dir: string
let exporter: Awaited<ReturnType<typeof startExporter>>
let prometheus: Sender
let deskwatch: Deskwatch
let admin: Client
const agents: TestAgent[] = []

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deskwatch-resources-'))
  exporter = await startExporter('unused')
  prometheus = await startPrometheus({ deskwatch: 'http://127.0.0.1:9', token: 'unused', exporter: exporter.url })
  const file = join(dir, 'host-metrics.json')
  const queries = { cpu: 'desktop_stuttering * 80 + 15', memory: 'up * 100.4' }
  await writeFile(file, JSON.stringify({ acme: { url: prometheus.url, queries } }))
  deskwatch = await startDeskwatch({ env: { HOST_METRICS_FILE: file } })
  admin = await deskwatch.signIn('admin@acme')
  await admin.post('/regions', { name: 'here' })
  for (const name of ['real-h', '127.0.0.1'])
    expect((await admin.post('/hosts', { name, region: 'here', vcpus: 2, memoryGiB: 24 })).status).toBe(201)
})
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.kill()))
  await deskwatch?.stop()
  await prometheus?.stop()
  await exporter?.stop()
  await rm(dir, { recursive: true, force: true })
})

const seriesOf = async (noun: string, id: string) => (await admin.get(`/${noun}/acme:${id}/samples`)).as<Series>()
const known = (series: Series, figure: string) => (series.figures[figure] ?? []).filter((value) => value !== null)

test('a real desktop and its host are measured; what was measured around its report is there after a restart', async () => {
  const [enrolment, samples] = await Promise.all([deskwatch.token('inventory:enrol'), deskwatch.token('samples:write')])
  const server = deskwatch.origin
  const state = join(dir, 'state')
  const desktop = startAgent({ server, desktop: 'REAL-1', state, token: enrolment })
  agents.push(desktop, startAgent({ server, host: 'real-h', state, token: samples, args: ['--every', '1'] }))
  await until('the desktop is enrolled', () => desktop.lines.some((line) => line.includes('connected')))
  expect((await admin.patch('/desktops/acme:real-1', { host: 'real-h' })).status).toBe(200)
  await until('both are measured', async () => {
    const [one, host] = await Promise.all([seriesOf('desktops', 'real-1'), seriesOf('hosts', 'real-h')])
    return known(one, 'cpu').length >= 4 && known(one, 'rtt').length >= 2 && known(host, 'cpu').length >= 3
  })
  expect(known(await seriesOf('desktops', 'real-1'), 'fps')).toEqual([])

  desktop.type('stutter critical fps=9 skipped=41')
  let alarm = ''
  await until('the stutter is an alarm', async () => {
    const items = (await admin.get('/alarms?desktop=REAL-1')).as<{ items: { id: string }[] }>().items
    alarm = items[0]?.id ?? ''
    return alarm !== ''
  })
  const resources = async () => (await admin.get(`/alarms/${encodeURIComponent(alarm)}/resources`)).as<AlarmResources>()
  expect(await resources()).toMatchObject({
    complete: false,
    desktop: { id: 'acme:real-1', name: 'REAL-1', atReport: { fps: 9, skipped: 41 } },
    host: { id: 'acme:real-h', vcpus: 2, desktops: 1 },
    neighbours: { items: [], stuttering: 0, of: 1 },
  })

  await someoneLooks(alarm)
  await until('what was before the report is kept', async () => {
    const kept = deskwatch.house.core.db.collection<{ _id: string }>('alarm-resources')
    return (await kept.countDocuments()) === 1
  })
  const before = must((await resources()).desktop, 'the desktop is known').series
  await must(deskwatch.nodes[0], 'one node runs').stop()
  await deskwatch.restart()
  admin = await deskwatch.signIn('admin@acme')
  const after = must((await resources()).desktop, 'the desktop is known').series
  const reportedAt = (await resources()).reportedAt
  const upToReport = (series: Series) => series.at.filter((at) => at <= reportedAt)
  expect(upToReport(after)).toEqual(upToReport(before))
  expect(upToReport(after).length).toBeGreaterThanOrEqual(4)
  await until('the agents are back, and the time without them is a gap', async () => {
    const { gaps, at } = must((await resources()).desktop, 'the desktop is known').series
    return (at.at(-1) ?? 0) > (before.at.at(-1) ?? 0) && gaps.length >= 1
  })
})

/** The latest samples come over the live stream while the alarm is open somewhere, and are taken away when not. */
async function someoneLooks(alarm: string) {
  const socket = connectConsole(deskwatch.origin, admin)
  const values: Record<string, unknown> = {}
  socket.on('f', (frame: Frame) => Object.assign(values, frame.k))
  await connected(socket)
  for (const view of ['desktops', 'hosts']) await socket.timeout(5_000).emitWithAck('sub', { view, cursor: null })
  const shown = () => [values['sample:acme:real-1'], values['sample:acme:real-h']].every((value) => Boolean(value))
  expect(shown()).toBe(false)
  socket.emit('presence', { view: 'alarms', item: alarm, act: 'looking' })
  await until('both samples are shown', shown)
  socket.emit('presence', { view: 'alarms', item: null, act: 'looking' })
  await until('nothing is shown to nobody', () => !shown())
  socket.close()
}

test('samples of another tenant and of nobody answer alike, and a range has its bounds', async () => {
  const other = await deskwatch.signIn('admin@globex')
  for (const path of ['/desktops/acme:real-1/samples', '/hosts/acme:real-h/samples', '/hosts/globex:none/samples'])
    expect((await other.get(path)).status, path).toBe(404)
  const day = 25 * 3600_000
  expect((await admin.get(`/hosts/acme:real-h/samples?from=${Date.now() - day}`)).status).toBe(400)
  expect((await admin.get('/hosts/acme:real-h/samples?step=0')).status).toBe(400)
})

test('a Prometheus that the installation names is asked for the figures of its hosts', async () => {
  await until(
    'its figures are there',
    async () => known(await seriesOf('hosts', '127.0.0.1'), 'cpu').some((value) => value === 15),
    40,
  )
  const series = await seriesOf('hosts', '127.0.0.1')
  // A hair beyond 100 % is 100 %.
  expect(known(series, 'memory').at(-1)).toBe(100)
  expect(known(series, 'steal')).toEqual([])
  expect(deskwatch.faults()).toEqual([])
})
