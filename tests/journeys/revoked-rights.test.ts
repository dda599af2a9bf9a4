import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  PROTOCOL,
  type Bye,
  type ClientToServer,
  type Revoke,
  type ServerToClient,
  type SubAnswer,
  type SocketRefusal,
} from '#wire'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { must } from '../../server/core/must.ts'
import { Client } from '../support/client.ts'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { startServer, type TestServer } from '../support/server.ts'

const password = 'demo password of tests'
const promisedMs = 5_000
let house: TestHouse
/** Rights are taken away on one node, the socket hangs on the other. */
let here: TestServer
let there: TestServer
let admin: Client

beforeAll(async () => {
  house = await openTestHouse()
  await seedDemoAccounts(house.core, password)
  const env = { MONGODB_URI: house.mongoUrl, REDIS_URL: house.redisUrl, DATA_DIR: house.dir }
  ;[here, there] = await Promise.all([startServer(env), startServer(env)])
  admin = await Client.signedIn(here.url, 'admin@acme', password)
})
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()])
  await house?.close()
})

interface Console {
  socket: Socket<ServerToClient, ClientToServer>
  revoked: Promise<Revoke>
  bye: Promise<Bye>
}

async function openConsole(client: Client): Promise<Console> {
  const socket: Console['socket'] = io(there.url, {
    transports: ['websocket'],
    auth: { protocol: PROTOCOL, surface: 'desk' },
    extraHeaders: { Cookie: must(client.cookie, 'signed in') },
    reconnection: false,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return {
    socket,
    revoked: new Promise((resolve) => socket.once('revoke', resolve)),
    bye: new Promise((resolve) => socket.once('bye', resolve)),
  }
}

const subscribe = ({ socket }: Console) =>
  new Promise<SubAnswer | SocketRefusal>((resolve) => socket.emit('sub', { view: 'operators', cursor: null }, resolve))

const takings: [string, string, (client: Client) => Promise<unknown>][] = [
  ['a role is lowered', 'operator', () => admin.patch('/operators/acme:operator:operator', { role: 'viewer' })],
  ['an account is disabled', 'operator2', () => admin.patch('/operators/acme:operator:operator2', { disabled: true })],
  ['a password is reset', 'auditor', () => admin.post('/operators/acme:operator:auditor/actions/reset-password', {})],
  ['one signs out elsewhere', 'viewer', (client) => new Client(here.url, client.cookie).delete('/session')],
]

test.each(takings)(
  'when %s, an open console of another node drops its rows within 5 seconds',
  async (_name, user, take) => {
    const client = await Client.signedIn(there.url, `${user}@acme`, password)
    const console = await openConsole(client)
    if (user !== 'viewer') expect(await subscribe(console)).toMatchObject({ kind: 'snapshot' })
    const at = performance.now()
    await take(client)
    expect(await console.revoked).toMatchObject({ all: true })
    expect(await console.bye).toMatchObject({ why: 'signed-out' })
    expect(performance.now() - at).toBeLessThan(promisedMs)
    console.socket.close()
  },
)

test('a cookie that was taken away opens no socket any more, and a viewer never sees what his role may not read', async () => {
  const refused = await openConsole(
    await Client.signedIn(there.url, 'admin@globex', password).then(async (client) => {
      await client.delete('/session')
      return new Client(there.url, 'dw_session=globex.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    }),
  ).catch((error: unknown) => error)
  expect(refused).toMatchObject({ message: 'auth.required' })
  const viewer = await openConsole(await Client.signedIn(there.url, 'viewer@globex', password))
  expect(await subscribe(viewer)).toMatchObject({ code: 'auth.forbidden' })
  viewer.socket.close()
})

test('a page of another site opens no socket with the cookie it rides on', async () => {
  const client = await Client.signedIn(there.url, 'operator@globex', password)
  const socket = io(there.url, {
    transports: ['websocket'],
    auth: { protocol: PROTOCOL, surface: 'desk' },
    extraHeaders: { Cookie: must(client.cookie, 'signed in'), Origin: 'https://evil.example.com' },
    reconnection: false,
  })
  const outcome = await new Promise<string>((resolve) => {
    socket.once('connect', () => resolve('connected'))
    socket.once('connect_error', () => resolve('refused'))
  })
  socket.close()
  expect(outcome).toBe('refused')
})
