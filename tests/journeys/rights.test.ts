import { afterAll, beforeAll, expect, test } from 'vitest'
import { granted, roles, type Permission, type Role } from '#wire'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { createToken } from '../../server/features/tenants/service.ts'
import { isRefusal } from '../../server/core/problems.ts'
import { seedDemoInventory } from '../../server/features/inventory/demo.ts'
import { Client, type Answer } from '../support/client.ts'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { minimalInput } from '../support/minimal-input.ts'
import { startServer, type TestServer } from '../support/server.ts'

interface Operation {
  method: string
  path: string
  permission: Permission | 'public' | 'session' | 'display'
  body: unknown
}

const password = 'demo password of tests'
let house: TestHouse
let server: TestServer
let operations: Operation[]
const callers = new Map<string, () => Promise<Client>>()

beforeAll(async () => {
  house = await openTestHouse()
  await seedDemoAccounts(house.core, password)
  await seedDemoInventory(house.core, { tenant: 'globex', desktops: 4, seed: 1 })
  server = await startServer({
    MONGODB_URI: house.mongoUrl,
    REDIS_URL: house.redisUrl,
    DATA_DIR: house.dir,
    RATE_ADDRESS_PER_MINUTE: '1000000',
    RATE_OPERATOR_PER_MINUTE: '1000000',
  })
  operations = await readOperations()
  callers.set('nobody', async () => new Client(server.url))
  for (const role of roles) callers.set(role, () => signIn(role))
  callers.set('token without rights', () => tokenFor(['inventory:enrol']))
})
afterAll(async () => {
  await server?.stop()
  await house?.close()
})

const signIn = (role: Role) =>
  Client.signedIn(server.url, role === 'platform-admin' ? 'admin@platform' : `${role}@acme`, password)

const tokens = new Map<string, string>()
async function tokenFor(scopes: Permission[]): Promise<Client> {
  const key = scopes.join()
  let token = tokens.get(key)
  if (!token) {
    const created = await createToken(house.as('acme'), { name: key, scopes })
    if (isRefusal(created)) throw new Error(created.refused)
    tokens.set(key, (token = created.token))
    const client = Client.withToken(server.url, token)
    await expect.poll(async () => (await client.get('/operators')).status, { timeout: 10_000 }).not.toBe(401)
  }
  return Client.withToken(server.url, token)
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      { 'x-permission': Operation['permission']; requestBody?: { content: Record<string, { schema: unknown }> } }
    >
  >
}

async function readOperations(): Promise<Operation[]> {
  const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as Document
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      method: method.toUpperCase(),
      path: path.replace('/api/v1', ''),
      permission: described['x-permission'],
      body:
        method === 'get' || method === 'delete'
          ? undefined
          : bodyOf(described.requestBody?.content['application/json']?.schema),
    })),
  )
}

const bodyOf = (schema: unknown) => (schema === undefined ? {} : minimalInput(schema))

const isScope = (permission: Operation['permission']): permission is Permission =>
  permission !== 'public' && permission !== 'session' && permission !== 'display'

/** What the table says: 401, 403, or whatever comes after the right was found. */
function expected(operation: Operation, caller: string): number | 'allowed' {
  const { permission } = operation
  if (permission === 'public') return 'allowed'
  if (caller === 'nobody') return 401
  if (permission === 'display') return 403
  const role = roles.find((one) => one === caller)
  if (permission === 'session') return role ? 'allowed' : 403
  const rights: readonly Permission[] = role ? granted[role] : ['inventory:enrol']
  return rights.includes(permission) ? 'allowed' : 403
}

const at = (path: string, id: string) => path.replace(/\{\w+\}/g, encodeURIComponent(id))

async function call(
  operation: Operation,
  client: Client,
  id: string,
): Promise<Answer | { status: number; body: unknown }> {
  if (operation.path.endsWith('/export')) {
    const response = await client.raw(operation.path)
    return { status: response.status, body: response.ok ? await response.text() : await response.json() }
  }
  return client.request(operation.method, at(operation.path, id), operation.body)
}

test('every operation answers every role, a token without the right and nobody as its x-permission says', async () => {
  const wrong: string[] = []
  let cells = 0
  for (const [caller, open] of callers) {
    let client = await open()
    for (const operation of operations) {
      const { status, body } = await call(operation, client, 'acme:nothing:here')
      const want = expected(operation, caller)
      cells++
      const right =
        want === 'allowed'
          ? status < 500 && (operation.permission === 'public' || ![401, 403].includes(status))
          : status === want
      // Some operations end or use up what they were called with.
      const ownAccount = operation.path.startsWith('/session') && want === 'allowed'
      if (!right && !(ownAccount && status === 401 && operation.method === 'POST')) {
        wrong.push(
          `${caller}: ${operation.method} ${operation.path} answered ${status} ${JSON.stringify(body)}, expected ${want}`,
        )
      }
      if (ownAccount) client = await open()
    }
  }
  expect(wrong).toEqual([])
  expect(operations.length).toBeGreaterThan(25)
  console.log(`${operations.length} operations × ${callers.size} callers = ${cells} answers as documented`)
})

test('a token opens exactly the operations of its scopes', async () => {
  const wrong: string[] = []
  const scopes = [...new Set(operations.map(({ permission }) => permission))].filter(isScope)
  const open = operations.filter(({ permission }) => isScope(permission))
  for (const scope of scopes) {
    const client = await tokenFor([scope])
    for (const operation of open) {
      const { status } = await call(operation, client, 'acme:nothing:here')
      const allowed = status !== 401 && status !== 403
      // Nobody hands out rights beyond his own, whatever the right to hand out.
      const grantsMore = ['/operators', '/tokens'].includes(operation.path) && operation.method === 'POST'
      if (allowed !== (operation.permission === scope) && !grantsMore)
        wrong.push(`${scope}: ${operation.method} ${operation.path} ${status}`)
    }
  }
  expect(wrong).toEqual([])
})

test('a foreign id answers exactly like a missing one', async () => {
  const admin = await signIn('admin')
  const compared: string[] = []
  for (const operation of operations.filter(({ path }) => path.includes('{') && !path.startsWith('/tenants'))) {
    const noun = operation.path.split('/')[1] ?? ''
    const foreign = await foreignId(noun)
    if (!foreign) continue
    const missing = foreign.replace('globex', 'acme').replace(/.$/, '~')
    const answers = [await call(operation, admin, foreign), await call(operation, admin, missing)]
    const [one, other] = answers.map(({ status, body }) =>
      JSON.stringify([status, comparable(body)])
        .replaceAll(foreign, 'ID')
        .replaceAll(missing, 'ID'),
    )
    expect(one, `${operation.method} ${operation.path}`).toBe(other)
    if (answers[0]?.status === 404) compared.push(`${operation.method} ${operation.path}`)
  }
  console.log(`${compared.length} operations answered 404 alike: ${compared.join(', ')}`)
  expect(compared.length).toBeGreaterThan(8)
})

/** Some document of the other tenant, by its noun. */
async function foreignId(noun: string): Promise<string | null> {
  if (noun === 'sessions') await Client.signedIn(server.url, 'viewer@globex', password)
  if (noun === 'tokens') await createToken(house.as('globex'), { name: 'theirs', scopes: ['alarms:read'] })
  if (noun === 'alarms') await raiseForeignAlarm()
  const all = await house.core.db.collection<{ _id: string; tenant: string }>(noun).find({}).toArray()
  return all.find(({ tenant }) => tenant === 'globex')?._id ?? null
}

async function raiseForeignAlarm(): Promise<void> {
  const created = await createToken(house.as('globex'), { name: 'sender', scopes: ['alarms:write'] })
  if (isRefusal(created)) throw new Error(created.refused)
  const sender = Client.withToken(server.url, created.token)
  const report = { type: 'stutter', severity: 'high', desktop: 'GLOBEX-0001' }
  await expect.poll(async () => (await sender.post('/alarms', report)).status, { timeout: 10_000 }).toBeLessThan(300)
  await expect.poll(() => house.core.db.collection('alarms').countDocuments({}), { timeout: 10_000 }).toBeGreaterThan(0)
}

function comparable(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'trace'))
}
