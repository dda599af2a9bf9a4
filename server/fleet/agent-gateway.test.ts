import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { memoryCore, type MemoryCore } from '../../tests/support/memory-core.ts'
import { sha256 } from '../core/passwords.ts'
import { TokenDocs, tokenId, type TokenDoc } from '../core/tenants.ts'
import { DesktopDocs, inventoryId } from '../features/inventory/model.ts'
import { agentDirectory } from '../features/inventory/service.ts'
import type { AgentAck, AgentBye, AgentRefusal, Welcome } from './agent-contract.ts'
import { Samples } from '../features/resources/samples.ts'
import { Shown } from '../features/resources/shown.ts'
import { attachAgents, type AgentGateway } from './agent-gateway.ts'
import type { AcceptReport } from './agent-ports.ts'

const enrolment = `dwt_acme_${'e'.repeat(43)}`
const secret = (letter: string) => letter.repeat(43)

let core: MemoryCore
let server: Server
let gateway: AgentGateway
let looked: string[] = []
let samples: Samples
let url: string
let accept: ReturnType<typeof vi.fn<AcceptReport>>
const sockets: Socket[] = []

beforeEach(async () => {
  core = memoryCore()
  const token: TokenDoc = {
    _id: tokenId('acme', sha256(enrolment)),
    v: 1,
    tenant: 'acme',
    name: 'enrolment',
    scopes: ['inventory:enrol'],
    createdBy: 'test',
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
  }
  core.views.take(TokenDocs, token)
  const http = createServer()
  server = new Server(http, { maxHttpBufferSize: 65_536 })
  accept = vi.fn<AcceptReport>(async () => ({ accepted: true }))
  looked = []
  const shown = new Shown(core, () => (_tenant, view) => (view === 'desktops' ? looked : []))
  samples = new Samples(core, shown)
  gateway = attachAgents(server, core, { directory: agentDirectory(core), accept, samples })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/agent`
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close()
  gateway.drain()
  await server.close()
})

function knock(auth: Record<string, unknown>): Socket {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { protocol: 1, version: '0.1.0', ...auth },
  })
  sockets.push(socket)
  return socket
}
const event = <T>(socket: Socket, name: string) => new Promise<T>((resolve) => socket.once(name, resolve))
async function signIn(auth: Record<string, unknown>): Promise<[Socket, Welcome]> {
  const socket = knock(auth)
  return [socket, await event<Welcome>(socket, 'welcome')]
}
async function refusalOf(auth: Record<string, unknown>): Promise<AgentRefusal> {
  const error = await event<Error & { data: AgentRefusal }>(knock(auth), 'connect_error')
  return error.data
}
const ask = (socket: Socket, name: string, value: unknown): Promise<AgentAck> =>
  socket.timeout(5_000).emitWithAck(name, value)
const desktop = (name: string) => core.views.get(DesktopDocs, inventoryId('acme', name))
const report = (id: string) => ({ id, severity: 'critical', readings: { fps: 9 } })

test('an enrolment token makes a named desktop and gives it a credential of its own', async () => {
  const [, welcome] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  expect(welcome).toMatchObject({ tenant: 'acme', name: 'CAD-1', credential: `dwd_acme_${secret('a')}` })
  expect(desktop('CAD-1')).toMatchObject({ runState: 'online', provider: 'agent', agent: { connected: true } })
  expect(JSON.stringify(desktop('CAD-1'))).not.toContain(secret('a'))
  const [, again] = await signIn({ token: welcome.credential, desktop: 'cad-1' })
  expect(again.credential).toBeUndefined()
})

test('a first sign-in whose answer was lost is repeated with the same secret', async () => {
  await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  expect(core.facts).toEqual([{ verb: 'enrol', noun: 'desktops', ids: ['acme:cad-1'], result: 'ok' }])
  const [, again] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  expect(again.credential).toBe(`dwd_acme_${secret('a')}`)
  expect(core.facts).toHaveLength(1)
  expect(await refusalOf({ token: enrolment, desktop: 'CAD-1', secret: secret('b') })).toEqual({
    code: 'agent.already-enrolled',
  })
})

test('wrong credentials, unknown desktops, bad hellos and other protocols are refused with stable codes', async () => {
  await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  expect(await refusalOf({ token: `dwd_acme_${secret('z')}`, desktop: 'CAD-1' })).toEqual({ code: 'auth.failed' })
  expect(await refusalOf({ token: `dwd_acme_${secret('a')}`, desktop: 'CAD-2' })).toEqual({ code: 'auth.failed' })
  expect(await refusalOf({ token: `dwd_globex_${secret('a')}`, desktop: 'CAD-1' })).toEqual({ code: 'auth.failed' })
  expect(await refusalOf({ token: enrolment, desktop: 'CAD-1', protocol: 99 })).toEqual({ code: 'agent.protocol' })
  const invalid = await refusalOf({ token: { $gt: '' }, desktop: 'CAD-1' })
  expect(invalid.code).toBe('request.invalid')
  expect(invalid.errors?.[0]?.path).toBe('token')
})

test('the newer socket of a desktop wins and the older is told why', async () => {
  const [older] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  const bye = event<AgentBye>(older, 'bye')
  const closed = event(older, 'disconnect')
  await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  expect((await bye).why).toBe('replaced')
  await closed
  expect(gateway.count()).toBe(1)
  expect(desktop('CAD-1')?.agent?.connected).toBe(true)
})

test('a report is acknowledged after it is durable, and an overload is told with a time to come back', async () => {
  const [socket] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  let durable = () => {}
  accept.mockImplementationOnce(() => new Promise((resolve) => (durable = () => resolve({ accepted: true }))))
  const answered = vi.fn()
  const answer = ask(socket, 'report', report('r1')).then((ack) => (answered(), ack))
  await vi.waitFor(() => expect(accept).toHaveBeenCalledOnce())
  expect(answered).not.toHaveBeenCalled()
  durable()
  expect(await answer).toMatchObject({ accepted: true })
  accept.mockResolvedValueOnce({ accepted: false, refusal: { code: 'intake.overloaded', retryAfter: 1500 } })
  expect(await ask(socket, 'report', report('r2'))).toEqual({
    accepted: false,
    code: 'intake.overloaded',
    retryAfter: 1500,
  })
})

test('bad frames name their field, ten in a row close their sender, and nobody else', async () => {
  const [good] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  const [bad] = await signIn({ token: enrolment, desktop: 'CAD-2', secret: secret('b') })
  const bye = event<AgentBye>(bad, 'bye')
  const first = await ask(bad, 'report', { id: 'x', severity: 'awful' })
  expect(first).toMatchObject({ accepted: false, code: 'request.invalid', errors: [{ path: 'severity' }] })
  const hostile: unknown[] = [
    null,
    7,
    [],
    { id: { $gt: '' } },
    JSON.parse('{"__proto__":{"x":1},"id":"a","severity":"low"}'),
    undefined,
    'x',
    true,
  ]
  for (const value of hostile)
    expect(await ask(bad, 'report', value)).toMatchObject({ accepted: false, code: 'request.invalid' })
  bad.emit('constructor', {})
  expect((await bye).why).toBe('malformed')
  expect(accept).not.toHaveBeenCalled()
  expect(await ask(good, 'heartbeat', { seq: 1, uptime: 1, at: Date.now() })).toMatchObject({ accepted: true })
})

test('a frame over the limit closes its sender only', async () => {
  const [good] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  const [bad] = await signIn({ token: enrolment, desktop: 'CAD-2', secret: secret('b') })
  const closed = event(bad, 'disconnect')
  bad.emit('report', { id: 'x', severity: 'low', summary: 'x'.repeat(10_000_000) })
  await closed
  expect(await ask(good, 'heartbeat', { seq: 1, uptime: 1, at: Date.now() })).toMatchObject({ accepted: true })
})

test('a rotated credential closes the live socket', async () => {
  const [socket] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  const bye = event<AgentBye>(socket, 'bye')
  const doc = desktop('CAD-1')
  if (!doc) throw new Error('the desktop is there')
  await core.changes.write([
    { collection: DesktopDocs, base: doc.v, doc: { ...doc, credential: { hash: 'other', issuedAt: 1 } } as typeof doc },
  ])
  expect((await bye).why).toBe('revoked')
})

test('a thousand desktops at once are stored in few writes', async () => {
  const hellos = Array.from({ length: 1000 }, (_, n) => ({
    tenant: 'acme',
    desktop: `acme:d${n}`,
    name: `d${n}`,
    session: `node-a:${n}`,
    version: '1',
    patch: null,
    credentialHash: 'h',
  }))
  const directory = agentDirectory(core)
  const enrolled = { actor: { kind: 'token', id: 'acme:token:x', name: 'enrolment' } as const, address: '' }
  const stored = await Promise.all(hellos.map((session) => directory.connected(session, enrolled)))
  expect(stored.every((outcome) => 'ok' in outcome)).toBe(true)
  expect(core.batches.length).toBeLessThanOrEqual(4)
  expect(core.facts.flatMap(({ ids = [] }) => ids)).toHaveLength(1000)
  expect(core.facts.length).toBeLessThanOrEqual(4)
  expect([...core.views.ofTenant(DesktopDocs, 'acme')].filter((doc) => doc.runState === 'online')).toHaveLength(1000)
})

test('a desktop that does not come back is offline within seconds', async () => {
  const [socket] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  socket.io.engine.close()
  await vi.waitFor(() => expect(desktop('CAD-1')).toMatchObject({ runState: 'offline', agent: { connected: false } }), {
    timeout: 15_000,
  })
})

test('samples are kept for the hour and published to those who look', async () => {
  const [socket, welcome] = await signIn({ token: enrolment, desktop: 'CAD-1', secret: secret('a') })
  looked = [welcome.desktop]
  expect(await ask(socket, 'sample', { at: 1, cpu: 40, fps: 30 })).toMatchObject({ accepted: true })
  const kept = samples.rings.desktop.within(welcome.desktop, 0)
  expect(kept).toMatchObject([{ values: [40, null, null, null, 30, null, null, null, null, null] }])
  expect(core.told[0]).toMatchObject({ tenant: 'acme', view: 'desktops', key: `sample:${welcome.desktop}` })
  looked = []
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await ask(socket, 'sample', { at: 2, cpu: 41 })
  expect(core.told).toHaveLength(2)
  expect(core.told[1]).toMatchObject({ key: `sample:${welcome.desktop}`, value: null })
  expect(await ask(socket, 'sample', { at: 1, cpu: 400 })).toMatchObject({
    code: 'request.invalid',
    errors: [{ path: 'cpu' }],
  })
})
