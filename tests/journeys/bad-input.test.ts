/** Every door and what it refuses: by the name of the field, with nothing stored, and nobody else the worse for it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { must } from '../../server/core/must.ts'
import type { Client } from '../support/client.ts'
import { WatchingConsole } from '../support/console.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

interface Door {
  path: string
  /** What it takes: without it nothing below would prove anything. */
  good: unknown
  credential: 'token' | 'session' | 'none'
  /** Body that carries one field more or another value, and where that is in it. */
  withField: (name: string, value: unknown) => { body: unknown; path: string }
}

const report = { type: 'stutter', severity: 'high', desktop: 'BAD-1' }
const alert = { labels: { alertname: 'Bad', desktop: 'BAD-2' } }
const doors: Record<string, Door> = {
  'POST /api/v1/alarms': {
    path: '/api/v1/alarms',
    good: report,
    credential: 'token',
    withField: (name, value) => ({ body: { ...report, [name]: value }, path: name }),
  },
  'POST /api/v2/alerts': {
    path: '/api/v2/alerts',
    good: [alert],
    credential: 'token',
    withField: (name, value) => ({ body: [{ ...alert, [name]: value }], path: `0.${name}` }),
  },
  'POST /api/v1/integrations/alertmanager': {
    path: '/api/v1/integrations/alertmanager',
    good: { version: '4', status: 'firing', alerts: [alert] },
    credential: 'token',
    withField: (name, value) => ({ body: { alerts: [{ ...alert, [name]: value }] }, path: `alerts.0.${name}` }),
  },
  'POST /api/v1/session': {
    path: '/api/v1/session',
    good: { username: 'operator@acme', password: 'wrong password' },
    credential: 'none',
    withField: (name, value) => ({ body: { username: 'operator@acme', password: 'x', [name]: value }, path: name }),
  },
  'POST /api/v1/alarms/actions/acknowledge': {
    path: '/api/v1/alarms/actions/acknowledge',
    good: { ids: ['acme:none'] },
    credential: 'session',
    withField: (name, value) => ({ body: { ids: ['acme:none'], [name]: value }, path: name }),
  },
}
const named = Object.entries(doors)
const ingest = named.filter(([, { credential }]) => credential === 'token')
const acts = named.filter(([, { credential }]) => credential !== 'token')

/** What grows by itself or by a refusal: minutes are counted, the audit trail tells of refused rights and failed sign-ins. */
const mayGrow = /^audit|leases$|^alarm-rollups$/

let deskwatch: Deskwatch
let operator: Client
let token: string
let inventoryToken: string
let watching: WatchingConsole
let before: Record<string, number>

beforeAll(async () => {
  deskwatch = await startDeskwatch({ env: { RATE_ADDRESS_PER_MINUTE: '100000', RATE_OPERATOR_PER_MINUTE: '100000' } })
  operator = await deskwatch.signIn('operator@acme')
  token = await deskwatch.token('alarms:write')
  inventoryToken = await deskwatch.token('inventory:read')
  watching = await WatchingConsole.open(deskwatch.origin, operator)
  await until('the doors are quiet', async () => (await deskwatch.stored())['intake'] === 0)
  before = await kept()
})
afterEach(async () => {
  expect(await kept()).toEqual(before)
  expect(watching.events).toEqual([])
})
afterAll(async () => {
  watching?.close()
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

const kept = async () =>
  Object.fromEntries(Object.entries(await deskwatch.stored()).filter(([name]) => !mayGrow.test(name)))

const credentials = (door: Door): Record<string, string> =>
  door.credential === 'token'
    ? { Authorization: `Bearer ${token}` }
    : door.credential === 'session'
      ? { Cookie: must(operator.cookie, 'signed in') }
      : {}

const post = (door: Door, body: BodyInit | null, headers: Record<string, string> = {}) =>
  fetch(deskwatch.origin + door.path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Accept-Language': 'en', ...credentials(door), ...headers },
    body,
  })
const postJson = (door: Door, body: unknown, headers?: Record<string, string>) =>
  post(door, JSON.stringify(body), headers)

/** A problem of that status and code, and nothing about how the house is built. */
async function refusal(response: Response, status: number, code: string) {
  const text = await response.text()
  expect({ status: response.status, text }).toMatchObject({ status })
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(text).not.toMatch(/\.ts:\d|\.js:\d|node_modules|MongoServerError/)
  const problem: { code: string; status: number; errors?: { path: string; message: string }[] } = JSON.parse(text)
  expect(problem).toMatchObject({ code, status })
  return problem.errors ?? []
}

async function refusedField(door: Door, body: unknown, path: string) {
  const errors = await refusal(await postJson(door, body), 400, 'request.invalid')
  expect(errors.map((error) => error.path)).toContain(path)
  expect(errors.every(({ message }) => message !== '' && message !== 'Invalid input')).toBe(true)
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe.each(named)('%s', (_name, door) => {
  test('refuses what is not JSON', async () => {
    for (const body of ['{"a":', '{"a": NaN}', "{'a': 1}", '\u0000', '{} {}', '[1,]', '\ufeff{', '{"a":"\u0001"}']) {
      await refusal(await post(door, body), 400, 'request.malformed')
    }
  })

  test('refuses JSON that is not what it takes', async () => {
    for (const body of ['null', '7', '"text"', 'true', '{}', '[[]]', '[null]', '[7]']) {
      await refusal(await post(door, body), 400, 'request.invalid')
    }
    await refusal(await post(door, null), 400, 'request.invalid')
  })

  test('refuses other types of content, other character sets and unknown encodings', async () => {
    const body = JSON.stringify(door.good)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      '*/*',
    ]) {
      await refusal(await post(door, body, { 'Content-Type': type }), 415, 'request.media-type')
    }
    await refusal(await post(door, body, { 'Content-Encoding': 'zstd-of-mars' }), 415, 'request.media-type')
    await refusal(await post(door, body, { 'Content-Encoding': 'gzip' }), 400, 'request.malformed')
  })

  test('refuses bodies that are too long', async () => {
    await refusal(await post(door, JSON.stringify({ note: 'x'.repeat(10_000_000) })), 413, 'request.too-large')
  })

  test('refuses names that reach a prototype', async () => {
    const text = JSON.stringify(door.withField('marker', 1).body)
    for (const name of ['__proto__', '__pro\\u0074o__']) {
      const errors = await refusal(
        await post(door, text.replace('"marker":1', `"${name}":{"admin":true}`)),
        400,
        'request.invalid',
      )
      expect(errors[0]?.path).toBe(door.withField('__proto__', 1).path)
    }
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
  })

  test('refuses endless depth without losing its head', async () => {
    const text = JSON.stringify(door.withField('marker', 1).body).replace('"marker":1', `"deep":${nested(50_000)}`)
    const errors = await refusal(await post(door, text), 400, 'request.invalid')
    expect(errors[0]?.message).toBe('nested deeper than 20')
    await refusal(await post(door, nested(50_000)), 400, 'request.invalid')
  })
})

describe.each(named.filter(([, { credential }]) => credential !== 'none'))('%s', (_name, door) => {
  test('lets nobody in without a credential it knows', async () => {
    const strangers: Record<string, string>[] = [
      { Authorization: '', Cookie: '' },
      { Authorization: 'Bearer ' },
      { Authorization: 'Basic b3BlcmF0b3I6eA==' },
      { Authorization: `Bearer dwt_acme_${'x'.repeat(43)}` },
      { Authorization: `Bearer dwt_nosuch_${'x'.repeat(43)}` },
      { Authorization: `Bearer dwt___proto___${'x'.repeat(43)}` },
      { Authorization: 'Bearer {"$gt":""}' },
      { Authorization: `Bearer ${'x'.repeat(8_000)}` },
      { Authorization: '', Cookie: `dw_session=acme.${'x'.repeat(43)}` },
      { Authorization: '', Cookie: 'dw_session=__proto__.constructor' },
    ]
    for (const stranger of strangers) await refusal(await postJson(door, door.good, stranger), 401, 'auth.required')
  })

  test('asks who it is before it reads what he says', async () => {
    await refusal(
      await post(door, '{"a":', { Authorization: `Bearer dwt_acme_${'x'.repeat(43)}` }),
      401,
      'auth.required',
    )
  })

  test('does not let in who has another right', async () => {
    await refusal(await postJson(door, door.good, { Authorization: `Bearer ${inventoryToken}` }), 403, 'auth.forbidden')
  })
})

describe.each(ingest)('%s', (_name, door) => {
  test('names the field that is wrong', async () => {
    const long = 'x'.repeat(20_000)
    for (const [field, value] of [
      ['startsAt', '1999-12-31T23:59:59Z'],
      ['startsAt', new Date(Date.now() + 25 * 3600_000).toISOString()],
      ['startsAt', 'yesterday'],
      ['startsAt', '2026-02-30T00:00:00Z'],
      ['startsAt', 1e300],
      ['startsAt', { $gt: '' }],
      ['endsAt', '9999-12-31T23:59:59Z'],
      ['status', 'burning'],
      ['status', { $ne: null }],
      ['labels', { $gt: '' }],
      ['labels', 'team=cad'],
      ['labels', [['team', 'cad']]],
      ['labels', { team: long }],
      ['labels', { [long]: 'x' }],
      ['labels', { team: 7 }],
      ['labels', { team: { $gt: '' } }],
      ['labels', { 'a\0b': 'x' }],
      ['labels', { team: 'a\0b' }],
      ['labels', { constructor: 'x' }],
      ['labels', Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`label${n}`, 'x']))],
    ] as const) {
      const { body, path } = door.withField(field, value)
      const errors = await refusal(await postJson(door, body), 400, 'request.invalid')
      expect({
        field,
        value: JSON.stringify(value).slice(0, 60),
        paths: errors.map((error) => error.path.slice(0, path.length)),
      }).toMatchObject({ paths: expect.arrayContaining([path]) })
      expect(errors.every(({ message }) => message !== '' && message !== 'Invalid input')).toBe(true)
    }
  })
})

test('POST /api/v1/alarms names the field that is wrong', async () => {
  const door = must(doors['POST /api/v1/alarms'], 'a door')
  const long = 'x'.repeat(20_000)
  for (const [field, value] of [
    ['type', ''],
    ['type', long],
    ['type', { $gt: '' }],
    ['type', null],
    ['severity', 'catastrophic'],
    ['severity', ['high']],
    ['severity', 'constructor'],
    ['desktop', { $gt: '' }],
    ['desktop', 'a\0b'],
    ['desktop', long],
    ['host', 7],
    ['user', { $regex: '.*' }],
    ['summary', long],
    ['summary', 'a\0b'],
    ['id', { $gt: '' }],
    ['id', ''],
    ['readings', { fps: '9' }],
    ['readings', { 'a.b': 9 }],
    ['readings', { $inc: 9 }],
    ['readings', Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`reading${n}`, n]))],
    ['runbook', 'javascript:alert(1)'],
    ['runbook', `https://example.com/${long}`],
    ['surprise', 1],
  ] as const) {
    const { body, path } = door.withField(field, value)
    const errors = await refusal(await postJson(door, body), 400, 'request.invalid')
    expect({ field, paths: errors.map((error) => error.path.split('.')[0]) }).toMatchObject({
      paths: expect.arrayContaining([path]),
    })
  }
  const number = JSON.stringify({ ...report, readings: { fps: 0 } }).replace('"fps":0', '"fps":1e999')
  expect((await refusal(await post(door, number), 400, 'request.invalid'))[0]?.path).toBe('readings.fps')
  await refusedField(door, { type: 'stutter', severity: 'high' }, 'desktop')
})

test('batches have an end, and the answer names the first item behind it', async () => {
  const most = { 'POST /api/v1/alarms': 1_000, 'POST /api/v2/alerts': 5_000 }
  for (const [name, count] of Object.entries(most)) {
    const door = must(doors[name], 'a door')
    const item: unknown = Array.isArray(door.good) ? door.good[0] : door.good
    await refusedField(
      door,
      Array.from({ length: count + 1 }, () => item),
      String(count),
    )
  }
  const webhook = must(doors['POST /api/v1/integrations/alertmanager'], 'a door')
  await refusedField(webhook, { alerts: Array.from({ length: 5_001 }, () => alert) }, 'alerts.5000')
  for (const alerts of [undefined, null, {}, 'x', { length: 1 }]) await refusedField(webhook, { alerts }, 'alerts')
})

describe.each(acts)('%s', (name, door) => {
  const fields: [string, unknown][] =
    name === 'POST /api/v1/session'
      ? [
          ['username', { $gt: '' }],
          ['username', ['operator@acme']],
          ['username', 7],
          ['username', 'x'.repeat(10_000)],
          ['password', { $gt: '' }],
          ['password', null],
          ['password', 'x'.repeat(100_000)],
        ]
      : [
          ['ids', 'acme:x'],
          ['ids', { $gt: '' }],
          ['ids', [{ $gt: '' }]],
          ['ids', []],
          ['ids', Array.from({ length: 501 }, (_, n) => `acme:${n}`)],
          ['ids', ['x'.repeat(10_000)]],
          ['ids', ['']],
          ['note', { $set: {} }],
          ['note', 'x'.repeat(10_000)],
          ['surprise', 1],
        ]
  test('names the field that is wrong', async () => {
    for (const [field, value] of fields) {
      const { body, path } = door.withField(field, value)
      const errors = await refusal(await postJson(door, body), 400, 'request.invalid')
      expect(errors.map((error) => error.path.split('.')[0])).toContain(path)
      expect(errors.every(({ message }) => message !== '' && message !== 'Invalid input')).toBe(true)
    }
  })
})

test('who is unknown, of an unknown tenant or of a strange name cannot sign in, and all look alike', async () => {
  const door = must(doors['POST /api/v1/session'], 'a door')
  for (const username of [
    'nobody@acme',
    'operator@nosuch',
    'operator',
    '@',
    'operator@__proto__',
    'constructor@acme',
    'a\0b@acme',
    '管理员@acme',
  ]) {
    const problem = await refusal(await postJson(door, { username, password: 'x' }), 401, 'auth.failed')
    expect(problem).toEqual([])
  }
})
