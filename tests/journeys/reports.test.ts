/** The doors of reports when they take something: in part, twice, late, by a clock that is wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import { Answer, Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let token: string
let sender: Client
let operator: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch({ env: { SILENCE_SECONDS: '1' } })
  token = await deskwatch.token('alarms:write')
  sender = Client.withToken(deskwatch.origin, token)
  operator = await deskwatch.signIn('operator@acme')
})
afterAll(() => deskwatch?.stop())

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
const report = (desktop: string, more: object = {}) => ({ type: 'stutter', severity: 'high', desktop, ...more })
const alert = (desktop: string, more: object = {}) => ({
  labels: { alertname: 'Stutter', severity: 'critical', desktop },
  startsAt: inMs(-1_000),
  ...more,
})

async function alarmOf(place: string): Promise<AlarmRow | undefined> {
  const { items } = (await operator.get(`/alarms?text=${place}`)).as<{ items: AlarmRow[] }>()
  return items[0]
}
async function alarmThat(place: string, is: (alarm: AlarmRow) => boolean): Promise<AlarmRow> {
  let found: AlarmRow | undefined
  await until(`${place} is so`, async () => {
    found = await alarmOf(place)
    return found !== undefined && is(found)
  })
  if (!found) throw new Error('until returned without it')
  return found
}
/** Everything accepted so far is folded: nothing more will change by itself. */
const settled = () =>
  until('nothing waits', async () => (await deskwatch.house.core.db.collection('intake').countDocuments()) === 0)

/** As Prometheus posts them: its path has no place below /api/v1. */
async function alerts(list: unknown): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  const response = await fetch(`${deskwatch.origin}/api/v2/alerts`, {
    method: 'POST',
    body: JSON.stringify(list),
    headers,
  })
  return new Answer(response.status, response.headers, await response.json())
}

describe('a batch with bad items', () => {
  test('of the API keeps the good ones and names the bad ones', async () => {
    const answer = await sender.post('/alarms', [
      report('PART-1'),
      report('PART-2', { severity: 'worst' }),
      report('PART-3'),
      { ...report('PART-4'), labels: { 'a\0b': 'x' } },
      7,
    ])
    expect(answer.status).toBe(207)
    expect(answer.body).toMatchObject({
      accepted: 2,
      refused: [
        { index: 1, errors: [{ path: 'severity' }] },
        { index: 3, errors: [{ path: 'labels.a\\0b' }] },
        { index: 4, errors: [{ path: '' }] },
      ],
    })
    await alarmThat('PART-1', ({ count }) => count === 1)
    await alarmThat('PART-3', ({ count }) => count === 1)
    expect(await alarmOf('PART-2')).toBeUndefined()
  })

  test('of Prometheus and of Alertmanager are a success for their senders, who would give up on anything else', async () => {
    const prometheus = await alerts([
      alert('PART-5'),
      alert('PART-6', { startsAt: '1999-01-01T00:00:00Z' }),
      { labels: {} },
    ])
    expect(prometheus.status).toBe(207)
    expect(prometheus.body).toMatchObject({
      accepted: 1,
      refused: [
        { index: 1, errors: [{ path: 'startsAt' }] },
        { index: 2, errors: [{ path: 'labels' }] },
      ],
    })
    const webhook = await sender.post('/integrations/alertmanager', {
      version: '4',
      status: 'firing',
      alerts: [alert('PART-7', { status: 'firing' }), alert('PART-8', { status: 'burning' })],
    })
    expect(webhook.status).toBe(207)
    expect(webhook.body).toMatchObject({ accepted: 1, refused: [{ index: 1, errors: [{ path: 'status' }] }] })
    await alarmThat('PART-5', ({ source }) => source === 'prometheus')
    await alarmThat('PART-7', ({ source }) => source === 'alertmanager')
  })
})

test('the largest reports there may be, many at once, are taken and folded like any other', async () => {
  const labels = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`label${n}`, '告'.repeat(500)]))
  const batch = (of: number) => Array.from({ length: 40 }, (_, n) => report(`LARGE-${of}-${n}`, { labels }))
  const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((of) => sender.post('/alarms', batch(of))))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202))
  await until('all stand in the list', async () => {
    const { total } = (await operator.get('/alarms?text=LARGE&limit=1')).as<{ total: number }>()
    return total === 280
  })
})

describe('the same again', () => {
  test('under the sender’s own id, or the same idempotency key, is one report', async () => {
    const own = report('TWICE-1', { id: 'own-1' })
    expect((await sender.post('/alarms', [own, own])).status).toBe(202)
    expect((await sender.post('/alarms', own)).status).toBe(202)
    const key = { 'Idempotency-Key': 'twice' }
    for (let n = 0; n < 3; n++) expect((await sender.post('/alarms', [report('TWICE-2')], key)).status).toBe(202)
    await alarmThat('TWICE-2', () => true)
    await settled()
    expect(await alarmOf('TWICE-1')).toMatchObject({ count: 1 })
    expect(await alarmOf('TWICE-2')).toMatchObject({ count: 1 })
    await sender.post('/alarms', report('TWICE-2'))
    await alarmThat('TWICE-2', ({ count }) => count === 2)
  })

  test('another sender’s report under the same id is another report', async () => {
    const second = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
    await sender.post('/alarms', report('TWICE-3', { id: 'shared' }))
    await second.post('/alarms', report('TWICE-3', { id: 'shared' }))
    await alarmThat('TWICE-3', ({ count }) => count === 2)
  })

  test('a resend of Prometheus moves when it was last seen and when it ends, and counts nothing', async () => {
    const first = alert('TWICE-4', { endsAt: inMs(60_000) })
    await alerts([first])
    const before = await alarmThat('TWICE-4', () => true)
    await alerts([{ ...first, endsAt: inMs(1_500) }])
    const after = await alarmThat('TWICE-4', ({ lastSeenAt }) => lastSeenAt > before.lastSeenAt)
    expect(after).toMatchObject({ count: 1, episode: 1, raisedAt: before.raisedAt, state: 'unacknowledged' })
    await alarmThat('TWICE-4', ({ state }) => state === 'rtn-unacknowledged')
    // It was only late: what had ended for want of news goes on.
    await alerts([{ ...first, endsAt: inMs(60_000) }])
    expect(await alarmThat('TWICE-4', ({ state }) => state === 'unacknowledged')).toMatchObject({
      count: 1,
      episode: 1,
    })
  })

  test('a resolve that is older than the episode changes nothing', async () => {
    await alerts([alert('TWICE-5', { startsAt: inMs(-10_000) })])
    await alarmThat('TWICE-5', () => true)
    await alerts([alert('TWICE-5', { startsAt: inMs(-3_600_000), endsAt: inMs(-1_800_000) })])
    await settled()
    expect(await alarmOf('TWICE-5')).toMatchObject({ state: 'unacknowledged' })
  })
})

describe('a clock that is wrong', () => {
  test('by an hour is accepted, flagged, and the alarm stands where it arrived', async () => {
    const began = Date.now()
    for (const [place, skew] of [
      ['CLOCK-1', -3_600_000],
      ['CLOCK-2', 3_600_000],
    ] as const) {
      expect((await sender.post('/alarms', report(place, { startsAt: inMs(skew) }))).status).toBe(202)
      const alarm = await alarmThat(place, () => true)
      expect(alarm.skewed).toBe(true)
      expect(alarm.raisedAt).toBeGreaterThanOrEqual(began)
      expect(alarm.raisedAt).toBeLessThanOrEqual(Date.now())
    }
  })

  test('by a second is nobody’s business', async () => {
    await sender.post('/alarms', report('CLOCK-3', { startsAt: inMs(-1_000) }))
    expect(await alarmThat('CLOCK-3', () => true)).toMatchObject({ skewed: false })
  })

  test('of Prometheus is not guessed from an alert that began long ago', async () => {
    await alerts([alert('CLOCK-4', { startsAt: inMs(-3_600_000) })])
    expect(await alarmThat('CLOCK-4', () => true)).toMatchObject({ skewed: false })
  })
})

test('what real senders write and we have no use for is no reason to refuse an alert', async () => {
  const answer = await alerts([
    {
      labels: { alertname: 'Odd', severity: 'constructor', 'service.name': 'cad', desktop: 'ODD-1' },
      annotations: { description: '长'.repeat(5_000), 'summary.long': 'x', runbook_url: 'javascript:alert(1)' },
      startsAt: inMs(-1_000),
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: `http://prometheus/graph?g0.expr=${'x'.repeat(8_000)}`,
      fingerprint: 'abc',
    },
  ])
  expect(answer.status).toBe(202)
  const alarm = await alarmThat('ODD-1', () => true)
  expect(alarm).toMatchObject({ severity: 'medium', runbook: null })
  expect(alarm.summary).toHaveLength(500)
  const { labels } = (await operator.get(`/alarms/${alarm.id}`)).as<{ labels: object }>()
  expect(labels).toMatchObject({ service_name: 'cad' })
})

test('a dead-man’s switch that falls silent raises an alarm, and its return clears it', async () => {
  const watchdog = { labels: { alertname: 'Watchdog', severity: 'none' }, startsAt: inMs(-60_000) }
  expect((await alerts([watchdog])).body).toMatchObject({ accepted: 1, ids: [] })
  const silent = (state: string) => async () => {
    const { items } = (await operator.get('/alarms?type=source-silent')).as<{ items: AlarmRow[] }>()
    return items.length === 1 && items[0]?.state === state
  }
  await until('its silence is noticed', silent('unacknowledged'))
  // Alertmanager tells the end of the Watchdog when Prometheus has gone: no sign of life.
  await alerts([{ ...watchdog, endsAt: inMs(-10) }])
  await settled()
  expect(await silent('unacknowledged')()).toBe(true)
  await alerts([watchdog])
  await until('its return is noticed', silent('rtn-unacknowledged'))
})

test('an alarm of one tenant is nothing to another', async () => {
  await sender.post('/alarms', report('TENANT-1'))
  const alarm = await alarmThat('TENANT-1', () => true)
  const other = await deskwatch.signIn('operator@globex')
  expect((await other.get('/alarms')).body).toMatchObject({ items: [], total: 0 })
  expect((await other.get(`/alarms/${alarm.id}`)).status).toBe(404)
  expect((await other.get(`/alarms/${alarm.id}/reports`)).status).toBe(404)
  const act = await other.post('/alarms/actions/acknowledge', { ids: [alarm.id] })
  expect(act.body).toMatchObject({ results: [{ ok: false, problem: { code: 'request.not-found' } }] })
  expect(await alarmOf('TENANT-1')).toMatchObject({ state: 'unacknowledged' })
})

test('more than a node can fold is put off with 503 and a time to come back, nothing of it is kept', async () => {
  const small = await startDeskwatch({ env: { INTAKE_MOST_WAITING: '10' } })
  try {
    const flood = Client.withToken(small.origin, await small.token('alarms:write'))
    for (const [path, body] of [
      ['/alarms', Array.from({ length: 11 }, (_, n) => report(`FLOOD-${n}`))],
      ['/integrations/alertmanager', { alerts: Array.from({ length: 11 }, (_, n) => alert(`FLOOD-${n}`)) }],
    ] as const) {
      const answer = await flood.post(path, body)
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(answer.body).toMatchObject({ code: 'intake.overloaded' })
    }
    expect((await small.stored())['alarm-reports']).toBe(0)
    expect((await flood.post('/alarms', report('FLOOD-0'))).status).toBe(202)
  } finally {
    await small.stop()
  }
})
