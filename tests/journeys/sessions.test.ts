import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { generate } from 'otplib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROTOCOL, type SubAnswer } from '#wire'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { Client } from '../support/client.ts'
import { connectConsole, connected } from '../support/console.ts'

const password = 'demo password of tests'
let house: TestHouse
let server: TestServer
const env = () => ({ MONGODB_URI: house.mongoUrl, REDIS_URL: house.redisUrl, DATA_DIR: house.dir })

beforeAll(async () => {
  house = await openTestHouse()
  await seedDemoAccounts(house.core, password)
  server = await startServer(env())
})
afterAll(async () => {
  await server?.stop()
  await house?.close()
})

const cli = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['server/cli.ts', ...args], { env: { PATH: process.env['PATH'], ...env() } })

test('signing in sets a cookie that scripts cannot read, and answers who one is and may do', async () => {
  const client = new Client(server.url)
  const answer = await client.post('/session', { username: 'operator@acme', password })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('set-cookie')).toMatch(
    /^dw_session=acme\.[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
  )
  expect(answer.body).toMatchObject({
    operator: { id: 'acme:operator:operator', name: '李娜 Li Na', username: 'operator@acme' },
    tenant: { id: 'acme:tenant', code: 'acme', name: '安科集团 Acme Group' },
    role: 'operator',
    secondFactor: 'off',
  })
  expect((await client.get('/session')).body).toEqual(answer.body)
})

test('a wrong password answers a problem in the caller’s language and no cookie', async () => {
  const client = new Client(server.url)
  const answer = await client.post(
    '/session',
    { username: 'operator@acme', password: 'x' },
    { 'Accept-Language': 'en' },
  )
  expect(answer.status).toBe(401)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.body).toMatchObject({ code: 'auth.failed', detail: 'Username or password is not right' })
  expect(answer.headers.get('set-cookie')).toBeNull()
})

test('signing out ends the session everywhere; its cookie is worth nothing any more', async () => {
  const client = await Client.signedIn(server.url, 'operator@acme', password)
  const stolen = new Client(server.url, client.cookie)
  expect((await stolen.get('/session')).status).toBe(200)
  expect((await client.delete('/session')).status).toBe(204)
  expect((await stolen.get('/session')).status).toBe(401)
})

test('sessions are listed to their owner and can be ended one by one, never somebody else’s', async () => {
  const phone = await Client.signedIn(server.url, 'operator2@acme', password)
  const desk = await Client.signedIn(server.url, 'operator2@acme', password)
  const other = await Client.signedIn(server.url, 'admin@acme', password)
  const { items } = (await desk.get('/sessions')).as<{ items: { id: string; current: boolean }[] }>()
  expect(items).toHaveLength(2)
  const phones = items.find(({ current }) => !current)?.id ?? ''
  expect((await other.delete(`/sessions/${phones}`)).status).toBe(404)
  expect((await desk.delete(`/sessions/${phones}`)).status).toBe(200)
  expect((await phone.get('/session')).status).toBe(401)
  expect((await desk.get('/session')).status).toBe(200)
})

test('where it is required, the first administrator from the command line must set up a second factor before anything else', async () => {
  const { stdout } = await cli(
    'operator',
    'create',
    '--tenant',
    'initech',
    '--tenant-name',
    'Initech',
    '--username',
    'boss',
    '--role',
    'admin',
  )
  const secret = stdout.trim().split('\n').at(-1) ?? ''
  // The running server hears of the new account through the log.
  const tried = () => Client.signedIn(server.url, 'boss@initech', secret).catch(() => null)
  await expect.poll(tried, { timeout: 10_000 }).not.toBeNull()
  const client = await Client.signedIn(server.url, 'boss@initech', secret)
  expect((await client.get('/session')).body).toMatchObject({ secondFactor: 'enrol' })
  expect((await client.get('/operators')).body).toMatchObject({ code: 'auth.enrolment-required' })
  const enrolment = (await client.post('/session/second-factor/enrolment', {})).as<{
    secret: string
    uri: string
    qr: string
  }>()
  expect(enrolment.uri).toContain('otpauth://totp/Deskwatch:boss%40initech')
  const epoch = Math.floor(Date.now() / 1000) - 30
  expect((await client.post('/session/second-factor', { code: '000000' })).status).toBe(401)
  const confirmed = await client.post('/session/second-factor', {
    code: await generate({ secret: enrolment.secret, epoch }),
  })
  expect(confirmed.as<{ recoveryCodes: string[] }>().recoveryCodes).toHaveLength(10)
  expect((await client.get('/operators')).status).toBe(200)
  const again = new Client(server.url)
  expect((await again.post('/session', { username: 'boss@initech', password: secret })).body).toMatchObject({
    code: 'auth.second-factor',
  })
  const code = await generate({ secret: enrolment.secret })
  expect((await again.post('/session', { username: 'boss@initech', password: secret, code })).status).toBe(200)
  expect((await again.post('/session', { username: 'boss@initech', password: secret, code })).status).toBe(401)
  // The running server opens what the command line has moved to a new master key.
  expect((await cli('keys', 'rotate')).stdout).toMatch(/; [1-9]\d* secrets moved/)
  const [recovery] = confirmed.as<{ recoveryCodes: string[] }>().recoveryCodes
  expect((await again.post('/session', { username: 'boss@initech', password: secret, code: '000000' })).status).toBe(
    401,
  )
  expect((await again.post('/session', { username: 'boss@initech', password: secret, code: recovery })).status).toBe(
    200,
  )
  expect((await cli('audit', 'verify', '--tenant', 'initech')).stdout).toMatch(/^initech: sound/)
})

test('a token from the command line stands alone on the last line, works within its scopes and no further', async () => {
  const { stdout } = await cli('token', '--tenant', 'acme', '--scope', 'operators:read')
  const token = stdout.trimEnd().split('\n').at(-1) ?? ''
  expect(token).toMatch(/^dwt_acme_[\w-]{43}$/)
  const client = Client.withToken(server.url, token)
  await expect.poll(async () => (await client.get('/operators')).status, { timeout: 10_000 }).toBe(200)
  expect((await client.get('/tokens')).body).toMatchObject({ code: 'auth.forbidden' })
  expect((await client.get('/session')).body).toMatchObject({ code: 'auth.forbidden' })
})

test('a new token is shown once: repeated under the same key the answer keeps it back', async () => {
  const admin = await Client.signedIn(server.url, 'admin@acme', password)
  const key = { 'Idempotency-Key': 'one-token' }
  const order = { name: 'prometheus', scopes: ['alarms:write'] }
  const first = (await admin.post('/tokens', order, key)).as<{ id: string; token: string | null }>()
  const second = (await admin.post('/tokens', order, key)).as<{ id: string; token: string | null }>()
  expect(first.token).toMatch(/^dwt_acme_/)
  expect(second).toMatchObject({ id: first.id, token: null })
  const journal = JSON.stringify(await house.core.db.collection('commands').find({}).toArray())
  expect(journal).not.toContain(first.token)
  expect((await admin.delete(`/tokens/${first.id}`)).status).toBe(200)
  expect((await Client.withToken(server.url, first.token ?? '').get('/alarms')).status).toBe(401)
})

test('nobody grants what he does not have', async () => {
  const admin = await Client.signedIn(server.url, 'admin@acme', password)
  expect((await admin.post('/tokens', { name: 'x', scopes: ['tenants:write'] })).body).toMatchObject({
    code: 'auth.forbidden',
  })
  expect((await admin.post('/operators', { username: 'sneaky', name: 'S', role: 'platform-admin' })).status).toBe(400)
  expect((await admin.patch('/operators/acme:operator:admin', { role: 'viewer' })).status).toBe(409)
})

test('a platform administrator acts in another tenant by X-Tenant, which its trail shows; nobody else can', async () => {
  const platform = await Client.signedIn(server.url, 'admin@platform', password)
  const there = { 'X-Tenant': 'globex' }
  expect((await platform.get('/session', there)).body).toMatchObject({
    tenant: { code: 'globex' },
    role: 'platform-admin',
  })
  const { items } = (await platform.get('/operators', there)).as<{ items: { username: string }[] }>()
  expect(items.every(({ username }) => username.endsWith('@globex'))).toBe(true)
  const admin = await Client.signedIn(server.url, 'admin@acme', password)
  expect((await admin.get('/operators', there)).body).toMatchObject({ code: 'auth.forbidden' })
  const auditor = await Client.signedIn(server.url, 'auditor@globex', password)
  await expect
    .poll(async () => (await auditor.get('/audit-events?verb=enter')).as<{ items: unknown[] }>().items, {
      timeout: 10_000,
    })
    .toMatchObject([{ verb: 'enter', noun: 'tenants', actor: { id: 'platform:operator:admin' } }])
})

test('a platform administrator watches another tenant over the socket, which its trail shows once; nobody else can', async () => {
  const over = (client: Client, tenant: string) =>
    connectConsole(server.url, client, { protocol: PROTOCOL, surface: 'desk', tenant })
  const platform = await Client.signedIn(server.url, 'admin@platform', password)
  for (const code of ['globex', 'nowhere', '$ne']) {
    const admin = await Client.signedIn(server.url, 'admin@acme', password)
    await expect(connected(over(admin, code))).rejects.toThrow('auth.forbidden')
  }
  await expect(connected(over(platform, 'nowhere'))).rejects.toThrow('auth.forbidden')
  for (let times = 0; times < 2; times++) {
    const socket = over(platform, 'globex')
    await connected(socket)
    const answer: SubAnswer = await socket.timeout(5_000).emitWithAck('sub', { view: 'operators', cursor: null })
    expect(answer.rows.length).toBeGreaterThan(0)
    expect(answer.rows.every(([id]) => id.startsWith('globex:'))).toBe(true)
    socket.close()
  }
  const entries = async (at: string) => {
    const auditor = await Client.signedIn(server.url, at, password)
    const { items } = (await auditor.get('/audit-events?verb=enter')).as<{
      items: { result: string; actor: { id: string }; ids: string[] }[]
    }>()
    return items.map(({ result, actor, ids }) => [result, actor.id, ...ids].join(' '))
  }
  // One by X-Tenant in the test before, in a session of its own.
  const entry = 'ok platform:operator:admin globex'
  await expect.poll(() => entries('auditor@globex'), { timeout: 10_000 }).toEqual([entry, entry])
  await expect
    .poll(() => entries('auditor@acme'), { timeout: 10_000 })
    .toEqual(expect.arrayContaining(['refused acme:operator:admin globex']))
})

test('the trail is exported as CSV and NDJSON, and verifies from the command line', async () => {
  const auditor = await Client.signedIn(server.url, 'auditor@acme', password)
  const csv = await auditor.raw('/audit-events/export?format=csv')
  expect(csv.headers.get('content-type')).toContain('text/csv')
  expect(await csv.text()).toMatch(/n,at,actor,kind,address,verb/)
  const lines = (await (await auditor.raw('/audit-events/export')).text()).trim().split('\n')
  expect(lines.length).toBeGreaterThan(5)
  const { stdout } = await cli('audit', 'verify')
  expect(stdout).toMatch(/^acme: sound, \d+ entries/m)
})

test('a request of another site, a form and a broken body are refused with a problem', async () => {
  const client = await Client.signedIn(server.url, 'operator@acme', password)
  expect(
    (await client.post('/session/preferences', { theme: 'dark' }, { Origin: 'https://evil.example.com' })).status,
  ).toBe(403)
  const form = await client.raw('/session', {
    method: 'POST',
    body: 'username=a',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  expect(form.status).toBe(415)
  const broken = await client.raw('/session', {
    method: 'POST',
    body: '{"username":',
    headers: { 'Content-Type': 'application/json' },
  })
  expect(broken.status).toBe(400)
  const operatorObject = await client.post('/session', { username: { $gt: '' }, password: { $gt: '' } })
  expect(operatorObject.body).toMatchObject({
    code: 'request.invalid',
    errors: [{ path: 'username' }, { path: 'password' }],
  })
})
