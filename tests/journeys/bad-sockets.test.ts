/** The doors that stay open: what a console's and a desktop's socket may not say, and that only the sender feels it. */
import { request } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Socket } from 'socket.io-client'
import { WebSocket } from 'ws'
import { PROTOCOL, type SocketRefusal } from '#wire'
import { must } from '../../server/core/must.ts'
import { BareAgent } from '../support/agent.ts'
import { Client } from '../support/client.ts'
import { connectConsole, connected, WatchingConsole } from '../support/console.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let operator: Client
let sender: Client
let bystander: WatchingConsole
let goodAgent: BareAgent
let posted = 0
const opened: { close: () => void }[] = []

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  operator = await deskwatch.signIn('operator@acme')
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  bystander = await WatchingConsole.open(deskwatch.origin, operator)
  goodAgent = await enrolled('GOOD-1', 'g')
})
/** Whatever was tried: the others go on as if nothing had been. */
afterEach(async () => {
  for (const one of opened.splice(0)) one.close()
  const place = `BYSTANDER-${++posted}`
  expect((await sender.post('/alarms', { type: 'proof', severity: 'low', desktop: place })).status).toBe(202)
  await until('the bystander sees the next alarm', () => bystander.shows(place))
  expect(bystander.events).toEqual([])
  expect(await goodAgent.send('heartbeat', { seq: posted, uptime: 1, at: Date.now() })).toMatchObject({
    accepted: true,
  })
})
afterAll(async () => {
  bystander?.close()
  goodAgent?.close()
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

async function enrolled(desktop: string, letter: string): Promise<BareAgent> {
  const token = await deskwatch.token('inventory:enrol')
  return BareAgent.signedIn(deskwatch.origin, { token, desktop, secret: letter.repeat(43), heartbeat: 60_000 })
}

async function consoleSocket() {
  const socket = connectConsole(deskwatch.origin, operator)
  opened.push(socket)
  await connected(socket)
  return socket
}

const refusedSocket = async (client: Client, auth?: object): Promise<unknown> => {
  const socket = connectConsole(deskwatch.origin, client, auth)
  opened.push(socket)
  const error: Error & { data?: unknown } = await new Promise((resolve, reject) => {
    socket.once('connect_error', resolve)
    socket.once('connect', () => reject(new Error('it was let in')))
  })
  return error.data
}

test('a console without a session, or of a protocol nobody speaks, is not let in', async () => {
  expect(await refusedSocket(new Client(deskwatch.origin))).toMatchObject({ code: 'auth.required' })
  for (const cookie of [
    `dw_session=acme.${'x'.repeat(43)}`,
    'dw_session=__proto__.constructor',
    'dw_session={"$gt":""}',
  ]) {
    expect(await refusedSocket(new Client(deskwatch.origin, cookie))).toMatchObject({ code: 'auth.required' })
  }
  for (const auth of [
    {},
    { protocol: '1', surface: 'desk' },
    { protocol: PROTOCOL + 1, surface: 'desk' },
    { protocol: { $gt: 0 } },
    { protocol: PROTOCOL, surface: 'roof' },
  ]) {
    expect(await refusedSocket(operator, auth)).toMatchObject({ code: 'request.invalid' })
  }
})

test('a page of another site cannot open a socket with the operator’s cookie', async () => {
  const socket = new WebSocket(`${deskwatch.origin.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
    headers: { Cookie: must(operator.cookie, 'signed in'), Origin: 'https://evil.example.com' },
  })
  const status = await new Promise((resolve) => {
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode))
    socket.once('error', resolve)
    socket.once('open', () => resolve('it was let in'))
  })
  // The engine answers 400 to an upgrade it does not allow.
  expect(status).toBe(400)
})

test('an upgrade to an address where no sockets are is not left hanging', async () => {
  const socket = new WebSocket(`${deskwatch.origin.replace('http', 'ws')}/api/v1/alarms`)
  const outcome = await new Promise((resolve) => {
    socket.once('open', () => resolve('it was let in'))
    socket.once('error', () => resolve('closed'))
  })
  expect(outcome).toBe('closed')
})

test('a subscription that is not one is refused by the name of its field, and the socket stays', async () => {
  const socket = await consoleSocket()
  const ask = (request: unknown): Promise<SocketRefusal> => socket.timeout(5_000).emitWithAck('sub', request)
  const window = { filter: {}, sort: 'severity', from: 0, count: 50 }
  const view = 'alarms'
  for (const [request, path] of [
    [null, ''],
    ['alarms', ''],
    [[], ''],
    [{}, 'view'],
    [{ view: { $gt: '' }, cursor: null }, 'view'],
    [{ view: 'x'.repeat(61), cursor: null }, 'view'],
    [{ view, cursor: 7 }, 'cursor'],
    [{ view, cursor: { e: '1', s: 1 } }, 'cursor.e'],
    [{ view, cursor: null, window: { ...window, from: -1 } }, 'window.from'],
    [{ view, cursor: null, window: { ...window, count: 1e9 } }, 'window.count'],
    [{ view, cursor: null, window: { ...window, count: 1.5 } }, 'window.count'],
    [{ view, cursor: null, window: { ...window, sort: 'constructor' } }, 'window.sort'],
    [{ view, cursor: null, window: { ...window, filter: { text: { $regex: '.*' } } } }, 'window.filter.text'],
    [{ view, cursor: null, window: { ...window, filter: { severity: ['high', 7] } } }, 'window.filter.severity.1'],
    [{ view, cursor: null, window: { ...window, filter: { text: 'x'.repeat(201) } } }, 'window.filter.text'],
  ] as const) {
    const answer = await ask(request)
    expect(answer).toMatchObject({ code: 'request.invalid' })
    expect(answer.errors?.map((error) => error.path)).toContain(path)
  }
  for (const name of ['operators-of-globex', '__proto__', 'constructor', 'audit-events']) {
    expect(await ask({ view: name, cursor: null })).toMatchObject({ code: 'request.not-found' })
  }
  expect(await ask({ view: 'tokens', cursor: null })).toMatchObject({
    code: expect.stringMatching(/auth.forbidden|request.not-found/),
  })
  expect(await socket.timeout(5_000).emitWithAck('page', { view, cut: '__proto__', page: 1 })).toMatchObject({
    code: 'request.not-found',
  })
  expect(await socket.timeout(5_000).emitWithAck('page', { view, cut: 'x', page: 0 })).toMatchObject({
    errors: [{ path: 'page' }],
  })
  expect(await ask({ view, cursor: null })).toMatchObject({ kind: 'snapshot' })
})

test('events without an answer, of no name, or of the wrong kind change nothing', async () => {
  const socket = await consoleSocket()
  for (const event of [
    'sub',
    'page',
    'unsub',
    'presence',
    'visibility',
    'ping2',
    'f',
    'hb',
    '__proto__',
    'constructor',
    'toString',
  ]) {
    for (const value of [
      undefined,
      null,
      7,
      'x',
      {},
      [],
      { __proto__: null, view: 'alarms' },
      Buffer.from('x'),
      'x'.repeat(10_000),
    ]) {
      socket.emit(event, value)
    }
  }
  socket.emit('presence', { view: 'alarms', item: 'x'.repeat(10_000), act: 'looking' })
  expect(await socket.timeout(5_000).emitWithAck('sub', { view: 'alarms', cursor: null })).toMatchObject({
    kind: 'snapshot',
  })
})

test('who asks without end is put off, and holds only so many windows', async () => {
  const socket = await consoleSocket()
  const window = (n: number) => ({
    view: 'alarms',
    cursor: null,
    window: { filter: { text: `t${n}` }, sort: 'newest', from: 0, count: 10 },
  })
  const answers: { kind?: string; code?: string }[] = []
  for (let n = 0; n < 17; n++) {
    const answer: { kind?: string; code?: string } = await socket.timeout(5_000).emitWithAck('sub', window(n))
    answers.push(answer)
  }
  expect(answers.slice(0, 16).every((answer) => answer.kind === 'window')).toBe(true)
  expect(answers[16]).toMatchObject({ code: 'rate.limited' })
  const flood = await Promise.all(
    Array.from({ length: 150 }, () => socket.timeout(5_000).emitWithAck('page', { view: 'alarms', cut: 'x', page: 1 })),
  )
  expect(flood.at(-1)).toMatchObject({ code: 'rate.limited' })
})

test('a frame of 10 MB, a broken frame and a stranger’s protocol close only their sender', async () => {
  for (const frames of [
    ['42' + JSON.stringify(['sub', { view: 'x'.repeat(10_000_000) }])],
    [Buffer.alloc(10_000_000)],
    ['42["sub"'],
    ['42{"a":1}'],
    ['49'],
    ['x'],
    ['451-["x"]', '42["sub"]'],
  ]) {
    const socket = await consoleSocket()
    const closed = new Promise((resolve) => socket.once('disconnect', resolve))
    for (const frame of frames) rawOf(socket).send(frame)
    await until(`it is closed after ${String(frames[0]).slice(0, 20)}`, () => !socket.connected)
    await closed
  }
  const socket = await consoleSocket()
  rawOf(socket).send(`42["sub",${'['.repeat(30_000)}${']'.repeat(30_000)}]`)
  expect(await socket.timeout(5_000).emitWithAck('sub', { view: 'alarms', cursor: null })).toMatchObject({
    kind: 'snapshot',
  })
})

/** The raw websocket below socket.io: what a program of one's own could send. */
function rawOf(socket: Socket): { send: (frame: string | Buffer) => void } {
  const transport: object = socket.io.engine.transport
  if (!('ws' in transport) || !canSend(transport.ws)) throw new Error('this console did not come by websocket')
  return transport.ws
}
const canSend = (value: unknown): value is { send: (frame: string | Buffer) => void } =>
  typeof value === 'object' && value !== null && 'send' in value

test('a desktop that says what it may not is answered with the field, then closed; nothing of it is stored', async () => {
  const agent = await enrolled('BAD-1', 'b')
  opened.push(agent)
  const report = { id: 'r1', severity: 'high' }
  for (const [value, path] of [
    [{ ...report, severity: 'worst' }, 'severity'],
    [{ ...report, id: { $gt: '' } }, 'id'],
    [{ ...report, summary: 'a\0b' }, 'summary'],
    [{ ...report, summary: 'x'.repeat(501) }, 'summary'],
    [{ ...report, readings: { $inc: 1 } }, 'readings'],
    [{ ...report, readings: { fps: '9' } }, 'readings.fps'],
    [{ ...report, startsAt: '1999-01-01T00:00:00Z' }, 'startsAt'],
    [{ ...report, startsAt: new Date(Date.now() + 26 * 3600_000).toISOString() }, 'startsAt'],
    [[report], ''],
  ] as const) {
    const answer = await agent.send('report', value)
    expect(answer).toMatchObject({ accepted: false, code: 'request.invalid' })
    if (!answer.accepted) expect(answer.errors?.some((error) => error.path.startsWith(path))).toBe(true)
  }
  const bye = agent.bye()
  agent.socket.emit('report', { ...report, tenant: 'globex' })
  expect((await bye).why).toBe('malformed')
  const { items } = (await operator.get('/alarms?desktop=BAD-1')).as<{ items: unknown[] }>()
  expect(items).toEqual([])
})

test('a desktop of another tenant’s token, without one, or called strangely is not let in', async () => {
  const wrongScope = await deskwatch.token('alarms:write')
  for (const [auth, code] of [
    [{ token: wrongScope, desktop: 'X-1', secret: 'x'.repeat(43) }, 'auth.forbidden'],
    [{ token: `dwt_nosuch_${'x'.repeat(43)}`, desktop: 'X-1', secret: 'x'.repeat(43) }, 'auth.failed'],
    [{ token: `dwd_acme_${'x'.repeat(43)}`, desktop: 'X-1' }, 'auth.failed'],
    [{ desktop: 'X-1' }, 'request.invalid'],
    [{ token: { $gt: '' }, desktop: 'X-1' }, 'request.invalid'],
    [{ token: wrongScope, desktop: '../../etc/passwd' }, 'request.invalid'],
    [{ token: wrongScope, desktop: 'x'.repeat(1_000) }, 'request.invalid'],
    [{ token: wrongScope, desktop: '__proto__' }, 'request.invalid'],
  ] as const) {
    const agent = new BareAgent(deskwatch.origin, auth)
    opened.push(agent)
    expect(await agent.refusal()).toMatchObject({ code })
  }
})

test('half a request, and one that never ends, hold nobody up', async () => {
  const { port } = new URL(deskwatch.origin)
  const half = request({
    port,
    method: 'POST',
    path: '/api/v1/alarms',
    headers: { 'Content-Type': 'application/json', 'Content-Length': '1000' },
  })
  half.on('error', () => undefined)
  half.write('{"type":')
  opened.push({ close: () => half.destroy() })
  const long = request({ port, method: 'GET', path: `/api/v1/alarms?text=${'x'.repeat(60_000)}` })
  const status = new Promise((resolve) => {
    long.once('response', (response) => resolve(response.statusCode))
    long.once('error', resolve)
  })
  long.end()
  expect(await status).toBe(431)
})
