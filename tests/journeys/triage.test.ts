/** What operators do to alarms together: every act in every state, races, bulk over a filter, undo, timelines, shelves. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ActResult, Problem } from '#wire'
import { alarmStates, type AlarmRow, type AlarmState } from '#contract/alarms'
import { must } from '../../server/core/must.ts'
import { mayAct, verbs, type Verb } from '../../server/features/alarms/machine.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'
import { Client } from '../support/client.ts'

let deskwatch: Deskwatch
let sender: Client
let operator: Client
let second: Client
let admin: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  ;[operator, second, admin] = await Promise.all([
    deskwatch.signIn('operator@acme'),
    deskwatch.signIn('operator2@acme'),
    deskwatch.signIn('admin@acme'),
  ])
})
afterAll(() => deskwatch?.stop())

interface Listed {
  items: AlarmRow[]
  total: number
}
interface Entry {
  n: number
  what: string
  by: string | null
  text: string | null
  to: string | null
  mentions: string[]
}
const list = async (query: string, client = operator) => (await client.get(`/alarms?limit=500&${query}`)).as<Listed>()
const one = async (desktop: string) => must((await list(`desktop=${desktop}`)).items[0], `${desktop} is listed`)
const act = (client: Client, verb: Verb, input: object) =>
  client.post(`/alarms/actions/${verb}`, input, { 'Idempotency-Key': JSON.stringify(input) })
const bulk = async (client: Client, verb: Verb, input: object) =>
  (await client.post(`/alarms/actions/${verb}`, input)).as<{ results: ActResult[] }>().results
const single = (client: Client, verb: Verb, id: string, input: object = {}) =>
  client.post(`/alarms/${id}/actions/${verb}`, input)
const timelineOf = async (id: string, query = '') =>
  (await operator.get(`/alarms/${encodeURIComponent(id)}/timeline?${query}`)).as<{
    items: Entry[]
    nextCursor: string | null
    total: number
  }>()

async function raise(desktops: string[], more: object = {}): Promise<Map<string, string>> {
  await sender.post(
    '/alarms',
    desktops.map((desktop) => ({ type: 'stutter', severity: 'high', desktop, ...more })),
  )
  const prefix = must(desktops[0], 'some').split('/')[0]
  let rows: AlarmRow[] = []
  await until('they stand in the list', async () => {
    rows = (await list(`desktop=${prefix}`)).items
    return rows.length >= desktops.length
  })
  return new Map(rows.map(({ desktop, id }) => [must(desktop, 'named'), id]))
}
const clear = (desktops: string[]) => raise(desktops, { status: 'cleared' })

const bodies: Partial<Record<Verb, object>> = {
  'hand-over': { to: 'operator2' },
  shelve: { minutes: 30, reason: 'driver update at noon' },
  suppress: { reason: 'known fault' },
  'take-out-of-service': { reason: 'moves to a new rack' },
  note: { text: 'seen' },
  close: { cause: 'a loose cable' },
  link: { link: { kind: 'signal', id: 'SG-1', label: 'restart agent' } },
  unlink: { link: { kind: 'signal', id: 'SG-1' } },
}
const states = alarmStates.filter((state) => state !== 'normal')
const reach: Partial<Record<AlarmState, Verb>> = {
  acknowledged: 'acknowledge',
  shelved: 'shelve',
  suppressed: 'suppress',
  'out-of-service': 'take-out-of-service',
}

function expected(state: AlarmState, verb: Verb): 'yes' | 'already' | 'no' {
  if (verb === 'close') return state === 'rtn-unacknowledged' ? 'yes' : 'no'
  // Nobody owns them, nothing is linked, and each lies under its own overlay only.
  if (verb === 'release' || verb === 'unlink') return 'already'
  if (verb === 'unshelve' && state !== 'shelved') return 'already'
  if (verb === 'unsuppress' && state !== 'suppressed') return 'already'
  if (verb === 'suppress' && state === 'suppressed') return 'already'
  return mayAct(state, verb)
}

async function inEveryState(prefix: string): Promise<(state: AlarmState, verb: Verb) => string> {
  const name = (state: AlarmState, verb: Verb) => `${prefix}/${state}/${verb}`
  const ids = await raise(states.flatMap((state) => verbs.map((verb) => name(state, verb))))
  const id = (state: AlarmState, verb: Verb) => must(ids.get(name(state, verb)), name(state, verb))
  for (const [state, verb] of Object.entries(reach)) {
    const chosen = states.filter((one) => one === state)
    const results = await bulk(operator, verb, {
      ids: chosen.flatMap((one) => verbs.map((v) => id(one, v))),
      ...bodies[verb],
    })
    expect(results.every(({ changed }) => changed)).toBe(true)
  }
  await clear(verbs.map((verb) => name('rtn-unacknowledged', verb)))
  await until('they have cleared', async () => {
    const { total } = await list(`desktop=${prefix}/&state=rtn-unacknowledged`)
    return total === verbs.length
  })
  return id
}
const verdict = ({ ok, changed, code }: { ok?: boolean; changed?: boolean; code?: string }) =>
  code === 'state.conflict' ? 'no' : ok && changed ? 'yes' : ok ? 'already' : code

test('every act in every state changes something, is so already, or is refused by name: alone and in bulk', async () => {
  const [alone, together] = [await inEveryState('ALONE'), await inEveryState('BULK')]
  for (const verb of verbs) {
    const results = await bulk(operator, verb, { ids: states.map((state) => together(state, verb)), ...bodies[verb] })
    for (const [index, state] of states.entries()) {
      const answer = await single(operator, verb, alone(state, verb), bodies[verb])
      const body = answer.as<ActResult & Problem>()
      expect(verdict(body), `${verb} ${state} alone`).toBe(expected(state, verb))
      const result = must(results[index], 'a result per id')
      const inBulk = { ...result, ...(result.problem && { code: result.problem.code }) }
      expect(verdict(inBulk), `${verb} ${state} in bulk`).toBe(expected(state, verb))
      if (!body.code) continue
      expect([answer.status, body.params?.['state']]).toEqual([409, state])
      if (state !== 'unacknowledged' && state !== 'rtn-unacknowledged')
        expect(body.params).toMatchObject({ by: '李娜 Li Na' })
    }
  }
})

test('of twenty claims at once one wins; the others learn who and when, and so does the timeline', async () => {
  const ids = await raise(['RACE/1'])
  const id = must(ids.get('RACE/1'), 'raised')
  const crowd = Array.from({ length: 20 }, (_, n) => must([operator, second, admin][n % 3], 'three of them'))
  const answers = await Promise.all(crowd.map((client) => single(client, 'claim', id)))
  const winner = must(
    answers.find(({ body }) => (body as ActResult).changed),
    'somebody won',
  )
  expect(answers.filter(({ body }) => (body as ActResult).changed)).toHaveLength(1)
  const row = await one('RACE/1')
  const own = crowd[answers.indexOf(winner)]
  answers.forEach((answer, index) => {
    if (crowd[index] === own) return expect(answer.status).toBe(200)
    expect([answer.status, answer.body]).toMatchObject([
      409,
      { code: 'claim.taken', params: { by: row.owner, byId: row.ownerId, at: row.claimedAt } },
    ])
  })
  const losers = new Set(crowd.filter((client) => client !== own))
  await until('the timeline tells of the losers', async () => {
    const { items } = await timelineOf(id)
    return new Set(items.filter(({ what }) => what === 'claim-lost').map(({ by }) => by)).size === losers.size
  })
})

test('who saw the owner may take over, hand over and release; who did not may not', async () => {
  const id = must((await raise(['OWN/1'])).get('OWN/1'), 'raised')
  await single(operator, 'claim', id)
  const { ownerId } = await one('OWN/1')
  expect((await single(second, 'release', id)).body).toMatchObject({ code: 'claim.taken' })
  expect((await single(second, 'hand-over', id, { to: 'admin' })).body).toMatchObject({ code: 'claim.taken' })
  expect((await single(second, 'claim', id, { from: ownerId })).body).toMatchObject({ changed: true })
  expect((await single(second, 'hand-over', id, { to: 'acme:operator:admin' })).body).toMatchObject({ changed: true })
  expect(await one('OWN/1')).toMatchObject({ ownerId: 'acme:operator:admin' })
  for (const to of ['viewer', 'nobody', 'globex:operator:operator'])
    expect((await single(admin, 'hand-over', id, { to })).body).toMatchObject({ errors: [{ path: 'to' }] })
  expect((await single(admin, 'release', id)).body).toMatchObject({ changed: true })
  expect(await one('OWN/1')).toMatchObject({ owner: null, claimedAt: null })
  const told = (await timelineOf(id)).items.filter(({ what }) => what !== 'claim-lost')
  expect(told.map(({ what, to }) => [what, to])).toEqual([
    ['release', '周航 Zhou Hang'],
    ['hand-over', '周航 Zhou Hang'],
    ['claim', '李娜 Li Na'],
    ['claim', null],
    ['raised', null],
  ])
  const viewer = await deskwatch.signIn('viewer@acme')
  await single(operator, 'claim', id)
  expect((await list('desktop=OWN/1', viewer)).items).toMatchObject([{ owner: null, ownerId: null }])
  expect((await list('owner=li na&desktop=OWN')).total).toBe(1)
})

test('an undo takes back what the act did, unless somebody acted since; reports do not stand in its way', async () => {
  const ids = [...(await raise(['UNDO/1', 'UNDO/2', 'UNDO/3'])).values()]
  const done = await bulk(operator, 'acknowledge', { ids })
  const items = done.map(({ id, v }) => ({ id, v }))
  const [kept, reported] = [must(ids[0], 'three'), must(ids[1], 'three')]
  await single(second, 'unacknowledge', kept)
  await single(second, 'acknowledge', kept)
  const desktop = must(
    (await list('desktop=UNDO')).items.find(({ id }) => id === reported),
    'listed',
  ).desktop
  await raise([must(desktop, 'named')])
  await until('its report is counted', async () => (await one(must(desktop, 'named'))).count === 2)
  const undone = await bulk(operator, 'unacknowledge', { items })
  expect(undone.map(({ changed }) => changed ?? false)).toEqual([false, true, true])
  expect(undone[0]?.problem).toMatchObject({ code: 'version.conflict', params: { by: '王磊 Wang Lei' } })
})

test('reports fold on beneath a shelf, an acknowledged one that clears ends, and the shelf waits for the next episode', async () => {
  const id = must((await raise(['SHELF/1'])).get('SHELF/1'), 'raised')
  await single(operator, 'acknowledge', id)
  await single(operator, 'shelve', id, { minutes: 60, reason: 'driver' })
  await raise(['SHELF/1'], { severity: 'critical' })
  await until('the report is counted', async () => (await one('SHELF/1')).count === 2)
  expect(await one('SHELF/1')).toMatchObject({ state: 'shelved', severity: 'critical', shelvedBy: '李娜 Li Na' })
  // The worse severity took the acknowledgement away, beneath the shelf.
  expect((await single(operator, 'unshelve', id)).body).toMatchObject({ changed: true })
  expect(await one('SHELF/1')).toMatchObject({ state: 'unacknowledged', shelvedUntil: null })
  await single(operator, 'acknowledge', id)
  await single(operator, 'shelve', id, { minutes: 60, reason: 'driver' })
  await sender.post('/alarms', { type: 'stutter', severity: 'high', desktop: 'SHELF/1', status: 'cleared' })
  await until('it ends', async () => (await list('desktop=SHELF/1')).total === 0)
  await raise(['SHELF/1'])
  expect(await one('SHELF/1')).toMatchObject({ state: 'shelved', episode: 2, shelfReason: 'driver' })
})

test('a shelf ends by the clock, also when the server was away at that moment', async () => {
  const ids = [...(await raise(['CLOCK/1', 'CLOCK/2'])).values()]
  await bulk(operator, 'shelve', { ids: ids.slice(0, 1), until: Date.now() + 1_500, reason: 'soon over' })
  await bulk(operator, 'take-out-of-service', { ids: ids.slice(1), until: Date.now() + 1_500, reason: 'soon back' })
  await must(deskwatch.nodes[0], 'runs').stop()
  await deskwatch.restart()
  ;[operator, second, admin] = (await Promise.all(
    ['operator@acme', 'operator2@acme', 'admin@acme'].map((name) => deskwatch.signIn(name)),
  )) as [Client, Client, Client]
  await until('both are back', async () => (await list('desktop=CLOCK&state=unacknowledged')).total === 2)
  const { items } = await timelineOf(must(ids[0], 'two'))
  expect(items[0]).toMatchObject({ what: 'unshelve', by: null, text: 'soon over' })
})

test('a note names colleagues, links lead to what is done, a cause closes; all of it is in the history', async () => {
  const id = must((await raise(['STORY/1'])).get('STORY/1'), 'raised')
  const say = (text: string) => single(operator, 'note', id, { text })
  await say('@operator2 please look, @nobody and mail@admin.example are not meant')
  for (let n = 0; n < 8; n++) await say(`note ${n}`)
  await single(operator, 'link', id, bodies['link'])
  await single(operator, 'claim', id)
  await clear(['STORY/1'])
  await until('it has cleared', async () => (await one('STORY/1')).clearedAt !== null)
  expect(await one('STORY/1')).toMatchObject({ notes: 9, links: [{ id: 'SG-1' }], state: 'rtn-unacknowledged' })
  expect((await single(operator, 'close', id, { cause: 'a loose cable' })).body).toMatchObject({ changed: true })
  const history = (await operator.get('/alarms/history?desktop=STORY')).as<{
    items: (AlarmRow & { alarm: string })[]
  }>()
  const [ended] = history.items
  expect(ended).toMatchObject({ alarm: id, cause: 'a loose cable', owner: '李娜 Li Na', notes: 9 })
  const whole = await timelineOf(must(ended, 'ended').id)
  expect(whole.items.map(({ n }) => n)).toEqual(Array.from({ length: 14 }, (_, n) => 14 - n))
  expect(whole.items.at(-2)).toMatchObject({ what: 'note', mentions: ['acme:operator:operator2'] })
  const first = await timelineOf(must(ended, 'ended').id, 'limit=4')
  expect(first).toMatchObject({ nextCursor: '11', total: 14 })
  expect((await timelineOf(must(ended, 'ended').id, 'limit=4&cursor=11')).items.map(({ n }) => n)).toEqual([
    10, 9, 8, 7,
  ])
})

test('a standing alarm is not closed; its source clears it', async () => {
  const id = must((await raise(['STANDS/1'])).get('STANDS/1'), 'raised')
  const answer = await single(operator, 'close', id, { cause: 'tired of it' })
  expect([answer.status, answer.body]).toMatchObject([
    409,
    { code: 'state.conflict', params: { state: 'unacknowledged' } },
  ])
})

test('a bulk over the filter does what was asked for at that moment: 5,000 rows, a result for each', async () => {
  await deskwatch.seedAlarms(5_000)
  await until('all of them stand', async () => (await list('desktop=ACME-SEED')).total === 5_000)
  const asked = await operator.post('/alarm-selections', { filter: { desktop: 'ACME-SEED' } })
  const selection = asked.as<{ id: string; count: number; bySeverity: Record<string, number> }>()
  expect([asked.status, selection]).toMatchObject([201, { count: 5_000, bySeverity: { critical: 1250, low: 1250 } }])
  const some = (await list('desktop=ACME-SEED')).items
  await bulk(second, 'acknowledge', { ids: some.slice(0, 100).map(({ id }) => id) })
  await bulk(second, 'shelve', { ids: some.slice(100, 150).map(({ id }) => id), minutes: 5, reason: 'x' })
  const later = (await raise(['ACME-SEED-LATER'])).get('ACME-SEED-LATER')
  const started = performance.now()
  // Whoever is told to come back asks with the same key, and gets the outcome of the act that went on meanwhile.
  const acknowledge = () => act(operator, 'acknowledge', { selection: selection.id })
  await until('the act is through', async () => (await acknowledge()).status !== 503, 60)
  const answer = await acknowledge()
  const { results } = answer.as<{ results: ActResult[] }>()
  console.log(`5,000 acknowledged in ${Math.round(performance.now() - started)} ms`)
  const of = (which: (result: ActResult) => boolean) => results.filter(which).length
  expect(results).toHaveLength(5_000)
  expect([of(({ changed }) => changed === true), of(({ changed }) => changed === false), of(({ ok }) => !ok)]).toEqual([
    4_850, 100, 50,
  ])
  expect(results.some(({ id }) => id === later)).toBe(false)
  expect(results.find(({ ok }) => !ok)?.problem).toMatchObject({
    code: 'state.conflict',
    params: { by: '王磊 Wang Lei' },
  })
  // Somebody else's selection is not there.
  expect((await second.post('/alarms/actions/acknowledge', { selection: selection.id })).status).toBe(404)
  await until('the trail names every one of them', async () => {
    const events = await trail('acknowledge')
    const told = new Set(events.flatMap(({ result, ids }) => (result === 'partial' ? ids : [])))
    const changed = results.filter((one) => one.changed)
    return (
      changed.every(({ id }) => told.has(id)) &&
      events.some(({ result, ids }) => result === 'refused' && ids.length === 50)
    )
  })
})

async function trail(verb: string) {
  const auditor = await deskwatch.signIn('auditor@acme')
  const page = await auditor.get(`/audit-events?noun=alarms&verb=${verb}&limit=200`)
  return page.as<{ items: { ids: string[]; result: string }[] }>().items
}

test('acts of other tenants, of viewers, without a target or with two are refused', async () => {
  const id = must((await raise(['WALL/1'])).get('WALL/1'), 'raised')
  const [foreign, viewer] = [await deskwatch.signIn('operator@globex'), await deskwatch.signIn('viewer@acme')]
  expect((await single(foreign, 'claim', id)).status).toBe(404)
  expect((await bulk(foreign, 'claim', { ids: [id] }))[0]?.problem?.code).toBe('request.not-found')
  expect((await foreign.get(`/alarms/${id}/timeline`)).status).toBe(404)
  expect((await single(viewer, 'claim', id)).status).toBe(403)
  expect((await viewer.post('/alarm-selections', { filter: {} })).status).toBe(403)
  for (const [verb, body, path] of [
    ['claim', {}, 'ids'],
    ['claim', { ids: [id], selection: 'x' }, 'ids'],
    ['shelve', { ids: [id], minutes: 1441, reason: 'x' }, 'minutes'],
    ['shelve', { ids: [id], until: Date.now() + 25 * 3600_000, reason: 'x' }, 'until'],
    ['shelve', { ids: [id], until: Date.now() - 1, reason: 'x' }, 'until'],
    ['shelve', { ids: [id], reason: 'x' }, 'until'],
    ['shelve', { ids: [id], minutes: 5, reason: '  ' }, 'reason'],
    ['note', { ids: [id], text: 'a\0b' }, 'text'],
    ['link', { ids: [id], link: { kind: 'door', id: '1', label: '' } }, 'link.kind'],
    ['close', { ids: [id], cause: 'x'.repeat(501) }, 'cause'],
  ] as const) {
    const answer = await operator.post(`/alarms/actions/${verb}`, body)
    expect([answer.status, answer.body], `${verb} ${JSON.stringify(body)}`).toMatchObject([400, { errors: [{ path }] }])
  }
  expect(deskwatch.faults()).toEqual([])
})
