import { afterEach, expect, test, vi } from 'vitest'
import { added, withdrawn, type Decided, type Line } from './outbox.ts'
import { flush } from './outbox-sender.ts'
import { FleetingLine } from './outbox-store.ts'

afterEach(() => vi.unstubAllGlobals())

const decided = (key: string, operator = 'lina'): Decided => ({
  key,
  operator,
  tenant: null,
  at: 1_000,
  path: '/api/v1/alarms/actions/claim',
  body: {},
  base: { id: key, v: 3 },
  about: { verb: 'claim', item: key, name: key, count: 1 },
  waited: true,
})

type Answer = { status: number; body: unknown; retryAfter?: number } | 'cut'

/** A server whose session belongs to `operator`, and that answers each act by its key. */
function serve(operator: string | null, answerOf: (key: string) => Answer) {
  const sent: { key: string; operator: string | null; body: unknown }[] = []
  vi.stubGlobal('fetch', (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    const key = headers.get('idempotency-key')
    if (path === '/api/v1/session') {
      if (operator === null) return Promise.resolve(json({ status: 401, body: problem('auth.required', 401) }))
      return Promise.resolve(json({ status: 200, body: { operator: { id: operator } } }))
    }
    sent.push({
      key: key ?? '',
      operator: headers.get('if-operator'),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
    })
    const answer = answerOf(key ?? '')
    return answer === 'cut' ? Promise.reject(new TypeError('cut')) : Promise.resolve(json(answer))
  })
  return sent
}

const json = ({ status, body, retryAfter }: Exclude<Answer, 'cut'>) =>
  new Response(JSON.stringify(body), { status, headers: retryAfter ? { 'retry-after': String(retryAfter) } : {} })
const problem = (code: string, status: number) => ({ type: 'about:blank', title: code, status, code, detail: code })
const done = (id: string): Answer => ({ status: 200, body: { results: [{ id, ok: true, v: 4, changed: true }] } })
const taken = (id: string): Answer => ({
  status: 200,
  body: { results: [{ id, ok: false, problem: { ...problem('claim.taken', 409), params: { by: '赵强', at: 5 } } }] },
})

async function keep(...acts: Decided[]) {
  const store = new FleetingLine()
  await store.change((line) => acts.reduce<Line>(added, line))
  const states = async () => (await store.change((line) => line)).map(({ key, state }) => `${key} ${state}`)
  return { store, states, changed: () => undefined }
}

test('sends all that waits under its keys and for its operator, and settles each with the answer', async () => {
  const sent = serve('lina', (key) => (key === 'second' ? taken(key) : done(key)))
  const { store, states, changed } = await keep(decided('first'), decided('second'), decided('third'))
  expect(await flush({ store, changed, operator: null })).toEqual({ kind: 'empty' })
  expect(await states()).toEqual(['first done', 'second refused', 'third done'])
  expect(sent.map(({ key, operator }) => `${key} ${operator}`)).toEqual(['first lina', 'second lina', 'third lina'])
  expect(sent[0]?.body).toEqual({ items: [{ id: 'first', v: 3 }] })
})

test('stops where the network ends, keeps the rest untouched, and repeats under the same key', async () => {
  let cut = true
  const sent = serve('lina', (key) => (cut && key === 'second' ? 'cut' : done(key)))
  const { store, states, changed } = await keep(decided('first'), decided('second'), decided('third'))
  expect(await flush({ store, changed, operator: 'lina' })).toMatchObject({ kind: 'again' })
  expect(await states()).toEqual(['first done', 'second waiting', 'third waiting'])
  expect(await store.change((line) => withdrawn(withdrawn(line, 'second'), 'third'))).toHaveLength(2)
  cut = false
  await flush({ store, changed, operator: 'lina' })
  expect(sent.map(({ key }) => key)).toEqual(['first', 'second', 'second'])
})

test('without a network nothing leaves at all, so all can still be taken back', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('cut')))
  const { store, changed } = await keep(decided('first'))
  expect(await flush({ store, changed, operator: null })).toMatchObject({ kind: 'again' })
  expect(await store.change((line) => withdrawn(line, 'first'))).toEqual([])
})

test('another operator who is signed in sends nothing of it, nor does nobody', async () => {
  for (const who of ['wang', null]) {
    const sent = serve(who, done)
    const { store, states, changed } = await keep(decided('hers'))
    await flush({ store, changed, operator: null })
    expect(sent).toEqual([])
    expect(await states()).toEqual(['hers waiting'])
  }
})

test('the server’s own word that another one is signed in keeps the act for its operator', async () => {
  serve('lina', () => ({ status: 412, body: problem('auth.other-operator', 412) }))
  const { store, states, changed } = await keep(decided('hers'))
  expect(await flush({ store, changed, operator: 'lina' })).toEqual({ kind: 'not-mine' })
  expect(await states()).toEqual(['hers waiting'])
})

test('a server that is still at it is asked again after the time it names', async () => {
  serve('lina', () => ({ status: 503, body: problem('store.unavailable', 503), retryAfter: 2 }))
  const { store, changed } = await keep(decided('bulk'))
  expect(await flush({ store, changed, operator: 'lina' })).toEqual({ kind: 'again', afterMs: 2_000 })
})

test('what left more than a day ago is not sent again: it could be done twice', async () => {
  const sent = serve('lina', done)
  const { store, states, changed } = await keep(decided('old'))
  await store.change((line) => line.map((act) => ({ ...act, tried: Date.now() - 24 * 3600_000, attempts: 1 })))
  await flush({ store, changed, operator: 'lina' })
  expect(sent).toEqual([])
  expect(await states()).toEqual(['old refused'])
})
