import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import type { AlarmRow } from '../../server/features/alarms/contract.ts'
import type { DesktopRow } from '../../server/features/inventory/contract.ts'
import { BareAgent, startAgent, type TestAgent } from '../support/agent.ts'
import { Client } from '../support/client.ts'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { startServer, type TestServer } from '../support/server.ts'

const password = 'demo password of tests'
let house: TestHouse
let server: TestServer
let admin: Client
let enrolment: string
const agents: (TestAgent | BareAgent)[] = []
const env = () => ({
  MONGODB_URI: house.mongoUrl,
  REDIS_URL: house.redisUrl,
  DATA_DIR: house.dir,
  LEASE_RENEW_MS: '500',
  LEASE_EXPIRE_MS: '3000',
})

beforeAll(async () => {
  house = await openTestHouse()
  await seedDemoAccounts(house.core, password)
  server = await startServer(env())
  admin = await Client.signedIn(server.url, 'admin@acme', password)
  const answer = await admin.post('/tokens', { name: 'enrolment', scopes: ['inventory:enrol'] })
  enrolment = answer.as<{ token: string }>().token
})
afterEach(async () => {
  for (const agent of agents.splice(0)) {
    if (agent instanceof BareAgent) agent.close()
    else await agent.kill()
  }
})
afterAll(async () => {
  await server?.stop()
  await house?.close()
})

const run = (desktop: string, more: { token?: string; args?: string[]; url?: string } = {}) => {
  const { url = server.url, ...rest } = more
  const agent = startAgent({ server: url, desktop, state: join(house.dir, 'agents'), ...rest })
  agents.push(agent)
  return agent
}
const bare = async (auth: Record<string, unknown>, url = server.url) => {
  const agent = await BareAgent.signedIn(url, auth)
  agents.push(agent)
  return agent
}
const secret = (letter: string) => letter.repeat(43)
const eventually = (check: () => Promise<void> | void, timeout = 30_000) =>
  vi.waitFor(check, { timeout, interval: 100 })

async function desktop(name: string): Promise<DesktopRow | undefined> {
  const answer = await admin.get(`/desktops?text=${name}`)
  return answer.as<{ items: DesktopRow[] }>().items.find((row) => row.name === name)
}
async function alarms(name: string): Promise<AlarmRow[]> {
  const answer = await admin.get(`/alarms?desktop=${name}`)
  return answer.as<{ items: AlarmRow[] }>().items
}

test('an agent makes this machine a desktop; what is typed at it stands in the alarm list; killed, it is offline', async () => {
  const agent = run('CAD-1', { token: enrolment, args: ['--stutter', 'critical fps=9 rtt=412'] })
  await eventually(async () =>
    expect(await desktop('CAD-1')).toMatchObject({
      runState: 'online',
      provider: 'agent',
      agentConnected: true,
      enrolled: true,
    }),
  )
  await eventually(async () =>
    expect(await alarms('CAD-1')).toMatchObject([
      { severity: 'critical', state: 'unacknowledged', source: 'agent', readings: { fps: 9, rtt: 412 }, count: 1 },
    ]),
  )
  agent.type('stutter high fps=14')
  await eventually(async () => expect(await alarms('CAD-1')).toMatchObject([{ count: 2 }]))
  agent.type('clear')
  await eventually(async () => expect(await alarms('CAD-1')).toMatchObject([{ state: 'rtn-unacknowledged' }]))
  await agent.kill('SIGKILL')
  await eventually(async () =>
    expect(await desktop('CAD-1')).toMatchObject({ runState: 'offline', agentConnected: false }),
  )
})

test('a stored credential is enough to come back; the enrolment token is needed once', async () => {
  const first = run('CAD-2', { token: enrolment })
  await eventually(() => expect(first.lines.join('\n')).toContain('connected to'))
  await first.kill('SIGTERM')
  const second = run('CAD-2')
  await eventually(() => expect(second.lines.join('\n')).toContain('connected to'))
  const stranger = startAgent({
    server: server.url,
    desktop: 'CAD-2',
    state: join(house.dir, 'stranger'),
    token: enrolment,
  })
  expect(await stranger.exited).toBe(1)
  expect(stranger.lines.join('\n')).toContain('refused: agent.already-enrolled')
})

test('a report that is sent again under its id is one report', async () => {
  const report = { id: randomUUID(), severity: 'high', readings: { fps: 15 } }
  const first = await bare({ token: enrolment, desktop: 'CAD-3', secret: secret('c') })
  expect(await first.send('report', report)).toMatchObject({ accepted: true })
  expect(await first.send('report', report)).toMatchObject({ accepted: true })
  const again = await bare({ token: `dwd_acme_${secret('c')}`, desktop: 'CAD-3' })
  expect(await again.send('report', report)).toMatchObject({ accepted: true })
  expect(await again.send('report', { ...report, id: randomUUID() })).toMatchObject({ accepted: true })
  await eventually(async () => expect(await alarms('CAD-3')).toMatchObject([{ count: 2 }]))
  const [alarm] = await alarms('CAD-3')
  const reports = await admin.get(`/alarms/${encodeURIComponent(alarm?.id ?? '')}/reports`)
  expect(reports.as<{ items: unknown[] }>().items).toHaveLength(2)
})

test('hostile desktops are closed with a reason; others and the consoles go on', async () => {
  const good = await bare({ token: enrolment, desktop: 'CAD-4', secret: secret('d') })
  const bad = await bare({ token: enrolment, desktop: 'CAD-5', secret: secret('e') })
  const bye = bad.bye()
  for (let n = 0; n < 10; n++) bad.socket.emit('report', { id: { $gt: '' }, severity: 'high' })
  expect((await bye).why).toBe('malformed')
  const huge = await bare({ token: enrolment, desktop: 'CAD-5', secret: secret('e') })
  const closed = huge.closed()
  huge.socket.emit('report', { id: 'x', severity: 'low', summary: 'x'.repeat(10_000_000) })
  await closed
  const knock = new BareAgent(server.url, { token: { $gt: '' }, desktop: '__proto__' })
  agents.push(knock)
  expect(await knock.refusal()).toMatchObject({ code: 'request.invalid' })
  expect(await good.send('heartbeat', { seq: 1, uptime: 1, at: Date.now() })).toMatchObject({ accepted: true })
  expect(await alarms('CAD-5')).toEqual([])
  expect((await admin.get('/session')).status).toBe(200)
})

test('desktops are enrolled by hand: the credential is shown once, rotated at once, and never stored', async () => {
  const enrolled = await admin.post(
    '/desktops/actions/enrol',
    { names: ['FIN-1'] },
    { 'Idempotency-Key': 'enrol-fin-1' },
  )
  expect(enrolled.status).toBe(200)
  const credential = enrolled.as<{ credentials: Record<string, string> }>().credentials['acme:fin-1'] ?? ''
  const agent = await bare({ token: credential, desktop: 'FIN-1' })
  const repeated = await admin.post(
    '/desktops/actions/enrol',
    { names: ['FIN-1'] },
    { 'Idempotency-Key': 'enrol-fin-1' },
  )
  expect(JSON.stringify(repeated.body)).not.toContain(credential)
  const bye = agent.bye()
  const rotated = await admin.post('/desktops/actions/rotate', { ids: ['acme:fin-1'] })
  expect(rotated.status).toBe(200)
  expect((await bye).why).toBe('revoked')
  const late = new BareAgent(server.url, { token: credential, desktop: 'FIN-1' })
  agents.push(late)
  expect(await late.refusal()).toEqual({ code: 'auth.failed' })
  const collections = await house.core.db.listCollections().toArray()
  for (const { name } of collections) {
    const text = JSON.stringify(await house.core.db.collection(name).find({}).toArray())
    expect(text.includes(credential), `${name} holds a credential`).toBe(false)
  }
  const viewer = await Client.signedIn(server.url, 'viewer@acme', password)
  expect((await viewer.post('/desktops/actions/enrol', { names: ['FIN-2'] })).status).toBe(403)
})

test('the newer socket wins across nodes, and desktops of a dead node are offline when they do not come back', async () => {
  const other = await startServer(env())
  try {
    const auth = { token: enrolment, desktop: 'CAD-6', secret: secret('f') }
    const here = await bare(auth)
    const bye = here.bye()
    await bare(auth, other.url)
    expect((await bye).why).toBe('replaced')
    expect(await desktop('CAD-6')).toMatchObject({ agentConnected: true })
  } finally {
    await other.kill()
  }
  await eventually(
    async () => expect(await desktop('CAD-6')).toMatchObject({ runState: 'offline', agentConnected: false }),
    30_000,
  )
})

test('a report typed while the server is away arrives after it is back', async () => {
  const port = new URL(server.url).port
  const agent = run('CAD-7', { token: enrolment })
  await eventually(() => expect(agent.lines.join('\n')).toContain('connected to'))
  await server.kill()
  agent.type('stutter medium fps=22')
  server = await startServer({ ...env(), PORT: port })
  await eventually(async () => expect(await alarms('CAD-7')).toMatchObject([{ severity: 'medium', count: 1 }]), 40_000)
  expect(await desktop('CAD-7')).toMatchObject({ runState: 'online' })
})

test('a desktop in any language: the documented frames over a bare WebSocket', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  const frames: string[] = []
  socket.on('message', (data: Buffer) => void frames.push(data.toString()))
  const frame = (start: string) =>
    eventually(() => expect(frames.some((text) => text.startsWith(start))).toBe(true)).then(
      () => frames.find((text) => text.startsWith(start)) ?? '',
    )
  await frame('0{')
  socket.send(
    `40/agent,${JSON.stringify({ protocol: 1, token: enrolment, desktop: 'BARE-1', version: '0.0.1', secret: secret('g') })}`,
  )
  await frame('40/agent,{')
  expect(await frame('42/agent,["welcome"')).toContain(`"credential":"dwd_acme_${secret('g')}"`)
  socket.send('42/agent,7["heartbeat",{"seq":0,"uptime":12.5,"at":1790000000000}]')
  expect(await frame('43/agent,7')).toContain('"accepted":true')
  socket.send('42/agent,8["report",{"id":"r-1","severity":"low","readings":{"fps":27}}]')
  expect(await frame('43/agent,8')).toContain('"accepted":true')
  socket.send('42/agent,9["report",{"id":"r-2","severity":"worst"}]')
  expect(await frame('43/agent,9')).toContain('"code":"request.invalid"')
  await eventually(async () =>
    expect(await alarms('BARE-1')).toMatchObject([{ severity: 'low', readings: { fps: 27 } }]),
  )
  socket.close()
})

test('whoever has a desktop open sees its samples live, and they go when the desktop goes', async () => {
  const cookie = admin.cookie ?? ''
  const seen: Record<string, unknown>[] = []
  const desk = io(server.url, {
    transports: ['websocket'],
    forceNew: true,
    auth: { protocol: 1, surface: 'desk' },
    extraHeaders: { cookie },
  })
  try {
    desk.on('f', ({ k }: { k?: Record<string, unknown> }) => {
      if (k) seen.push(k)
    })
    await new Promise((resolve) => desk.once('connect', () => resolve(undefined)))
    await desk.timeout(10_000).emitWithAck('sub', { view: 'desktops', cursor: null })
    const agent = run('CAD-8', { token: enrolment })
    desk.emit('presence', { view: 'desktops', item: 'acme:cad-8', act: 'looking' })
    const key = 'sample:acme:cad-8'
    await eventually(() =>
      expect(seen.map((k) => k[key])).toContainEqual(expect.objectContaining({ memory: expect.any(Number) as number })),
    )
    await agent.kill()
    await eventually(() => expect(seen.map((k) => k[key])).toContain(null))
  } finally {
    desk.close()
  }
})
