import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { seedDemoInventory } from '../../server/features/inventory/demo.ts'
import { Client } from '../support/client.ts'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { startServer, type TestServer } from '../support/server.ts'

const password = 'demo password of tests'
let house: TestHouse
let server: TestServer
let admin: Client

beforeAll(async () => {
  house = await openTestHouse()
  await seedDemoAccounts(house.core, password)
  server = await startServer({ MONGODB_URI: house.mongoUrl, REDIS_URL: house.redisUrl, DATA_DIR: house.dir })
  await seedDemoInventory(house.core, { tenant: 'acme', desktops: 60, seed: 1 })
  await house.core.changes.published(10_000)
  admin = await Client.signedIn(server.url, 'admin@acme', password)
})
afterAll(async () => {
  await server?.stop()
  await house?.close()
})

interface List {
  items: { id: string; name: string; user: string | null; business: string | null }[]
  nextCursor: string | null
  total: number
}
const list = async (path: string, client = admin) => (await client.get(path)).as<List>()

test('lists are filtered, ordered and paged without losing or doubling a row', async () => {
  const names: string[] = []
  let cursor: string | null = null
  do {
    const page: List = await list(`/desktops?limit=25${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
    expect(page.total).toBe(60)
    names.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
  } while (cursor)
  expect(new Set(names).size).toBe(60)
  expect(names).toHaveLength(60)
  const cad = await list('/desktops?pool=三维设计池&runState=off,online')
  expect(cad.total).toBe(6)
  expect(cad.items[0]).toMatchObject({ name: 'ACME-CAD-0001', business: '三维设计' })
  expect((await admin.get('/desktops?sort=colour')).body).toMatchObject({
    code: 'request.invalid',
    errors: [{ path: 'sort' }],
  })
  expect((await admin.get('/desktops?runState=asleep')).status).toBe(400)
})

test('another tenant and a viewer see what is theirs: nothing of others, no people', async () => {
  const globex = await Client.signedIn(server.url, 'admin@globex', password)
  expect((await list('/desktops', globex)).total).toBe(0)
  const missing = await globex.get('/desktops/acme%3Anone')
  const foreign = await globex.get('/desktops/acme%3Aacme-cad-0001')
  expect(foreign.status).toBe(404)
  expect({ ...missing.as<object>(), trace: '' }).toEqual({ ...foreign.as<object>(), trace: '' })
  const viewer = await Client.signedIn(server.url, 'viewer@acme', password)
  expect((await list('/desktops?limit=1', viewer)).items[0]?.user).toBeNull()
  expect((await list('/users', viewer)).total).toBe(0)
  expect((await list('/users?limit=1')).total).toBe(60)
})

test('things are created once per name, refer to what exists, and are deleted only when nothing refers to them', async () => {
  const region = { name: '西南', zones: ['cd1'] }
  expect((await admin.post('/regions', region)).status).toBe(201)
  expect((await admin.post('/regions', region)).body).toMatchObject({ code: 'name.taken' })
  const host = { name: 'cd1-h-001', region: '西南', zone: 'cd1', vcpus: 64, memoryGiB: 256 }
  expect((await admin.post('/hosts', { ...host, region: 'nowhere' })).body).toMatchObject({
    code: 'request.invalid',
    errors: [{ path: 'region' }],
  })
  expect((await admin.post('/hosts', host)).status).toBe(201)
  const id = encodeURIComponent('acme:西南')
  expect((await admin.delete(`/regions/${id}`)).body).toMatchObject({
    code: 'state.conflict',
    params: { heldBy: { hosts: 1 } },
  })
  const results = await admin.post('/hosts/actions/delete', { ids: ['acme:cd1-h-001', 'acme:none', 'globex:x'] })
  expect(results.body).toMatchObject({
    results: [
      { ok: true },
      { ok: false, problem: { code: 'request.not-found' } },
      { ok: false, problem: { code: 'request.not-found' } },
    ],
  })
  expect((await admin.delete(`/regions/${id}`)).status).toBe(200)
  expect((await admin.get(`/regions/${id}`)).status).toBe(404)
  expect((await admin.post('/regions', region)).status).toBe(201)
  const operator = await Client.signedIn(server.url, 'operator@acme', password)
  expect((await operator.post('/regions', { name: 'x' })).status).toBe(403)
})

test('a pool’s business name is its desktops’ business name', async () => {
  const pool = {
    name: '三维设计池',
    region: '华南',
    business: '三维设计中心',
    network: 'gz1-desktops',
    policy: '标准策略',
  }
  const id = encodeURIComponent('acme:三维设计池')
  const answer = await admin.request('PUT', `/desktop-pools/${id}`, pool)
  expect(answer.body).toMatchObject({ business: '三维设计中心' })
  const { items } = await list('/desktops?pool=三维设计池')
  expect(items.map(({ business }) => business)).toEqual(Array(6).fill('三维设计中心'))
  expect((await admin.request('PUT', `/desktop-pools/${id}`, { ...pool, name: '别名' })).body).toMatchObject({
    code: 'request.invalid',
    errors: [{ path: 'name' }],
  })
  const moved = await admin.patch('/desktops/acme%3Aacme-dev-0001', { pool: '三维设计池' })
  expect(moved.body).toMatchObject({ pool: '三维设计池', business: '三维设计中心' })
})

test('bad input names its field and stores nothing', async () => {
  const before = (await list('/hosts')).total
  const bad: [unknown, string][] = [
    [{ name: { $gt: '' }, region: '华南', vcpus: 1, memoryGiB: 1 }, 'name'],
    [{ name: 'h', region: '华南', vcpus: '1', memoryGiB: 1 }, 'vcpus'],
    [{ name: '../etc', region: '华南', vcpus: 1, memoryGiB: 1 }, 'name'],
    [{ name: 'x'.repeat(101), region: '华南', vcpus: 1, memoryGiB: 1 }, 'name'],
    [{ name: 'h', region: '华南', vcpus: 1, memoryGiB: 1, gone: true }, 'gone'],
  ]
  for (const [body, path] of bad) {
    const answer = await admin.post('/hosts', body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ code: 'request.invalid', errors: [{ path }] })
  }
  expect((await list('/hosts')).total).toBe(before)
})

test('If-Match: who decided on an older version is told how it stands now, and nothing is overwritten', async () => {
  const id = encodeURIComponent('acme:华南')
  const region = await admin.get(`/regions/${id}`)
  const seen = region.headers.get('etag') ?? ''
  expect(seen).toMatch(/^"\d+"$/)
  const { name } = region.as<{ name: string }>()
  const first = await admin.request('PUT', `/regions/${id}`, { name, description: '第一次' }, { 'If-Match': seen })
  expect(first.status).toBe(200)
  const second = await admin.request('PUT', `/regions/${id}`, { name, description: '第二次' }, { 'If-Match': seen })
  expect(second.status).toBe(412)
  expect(second.body).toMatchObject({ code: 'version.conflict', current: { description: '第一次' } })
  expect((await admin.get(`/regions/${id}`)).body).toMatchObject({ description: '第一次' })
  const garbled = await admin.request('PUT', `/regions/${id}`, { name }, { 'If-Match': 'seven' })
  expect(garbled.body).toMatchObject({ code: 'request.invalid', errors: [{ path: 'If-Match' }] })
})
