import { expect, test } from 'vitest'
import { report } from '../../../tests/support/reports.ts'
import { must } from '../../core/must.ts'
import { cleared, finished, fold } from './fold.ts'
import { shown } from './holds.ts'
import { fingerprint, type AlarmDoc, type Report } from './model.ts'

const calmMs = 300_000
const node = 'node-a'
let batches = 0

function take(doc: AlarmDoc | null, given: Partial<Report> | Partial<Report>[], fresh = true): AlarmDoc {
  const arrivals = [given].flat().map((one) => ({ report: report(one), fresh, batch: ++batches }))
  return must(fold('acme:x', doc, arrivals, node, calmMs) ?? doc, 'there is an alarm')
}
const acknowledge = (doc: AlarmDoc) => finished(shown({ ...doc, acknowledgedAt: 1_000_000 }))
const kept = (doc: AlarmDoc) => (doc.ended ?? []).map(({ episode, count }) => ({ episode, count }))

test('reports of one fingerprint fold into one alarm that counts them', () => {
  const doc = take(null, [{}, {}, {}])
  expect(doc).toMatchObject({ count: 3, episode: 1, state: 'unacknowledged', v: 0 })
})

test('worse severity re-alarms an acknowledged alarm; equal or better does not', () => {
  const acknowledged = acknowledge(take(null, { severity: 'medium' }))
  expect(take(acknowledged, { severity: 'low' })).toMatchObject({ state: 'acknowledged', severity: 'low' })
  expect(take(acknowledged, { severity: 'medium' })).toMatchObject({ state: 'acknowledged' })
  const worse = take({ ...acknowledged, acknowledgedBy: 'Li Na' }, { severity: 'critical' })
  expect(worse).toMatchObject({ state: 'unacknowledged', severity: 'critical', acknowledgedBy: null })
})

test('a clear of an unacknowledged alarm waits for its acknowledgement, then it is history', () => {
  const back = take(take(null, [{}, {}]), { status: 'cleared' })
  expect(back).toMatchObject({ state: 'rtn-unacknowledged', clearedAt: 1_000_000 })
  expect(back.gone).toBeUndefined()
  const gone = acknowledge(back)
  expect(gone.gone).toBe(true)
  expect(kept(gone)).toEqual([{ episode: 1, count: 2 }])
})

test('a clear of an acknowledged alarm ends it', () => {
  const gone = take(acknowledge(take(null, {})), { status: 'cleared' })
  expect(gone).toMatchObject({ gone: true, state: 'normal' })
  expect(kept(gone)).toEqual([{ episode: 1, count: 1 }])
})

test('a resolve older than the episode is ignored', () => {
  const doc = take(null, { startsAt: 5_000, endsAt: 2_000_000 })
  expect(take(doc, { status: 'cleared', startsAt: 4_000 })).toBe(doc)
  expect(take(doc, { status: 'cleared', startsAt: 5_000 }).state).toBe('rtn-unacknowledged')
})

test('a resend is no new report but moves last-seen and the end', () => {
  const doc = take(null, { endsAt: 1_100_000 })
  const resent = take(doc, { receivedAt: 1_050_000, endsAt: 1_300_000 }, false)
  expect(resent).toMatchObject({ count: 1, lastSeenAt: 1_050_000, endsAt: 1_300_000, state: 'unacknowledged' })
})

test('a resend does not revive what its sender resolved, nor a finished episode', () => {
  const resolved = take(take(null, { endsAt: 1_100_000 }), { status: 'cleared' })
  expect(take(resolved, { receivedAt: 1_000_500, endsAt: 1_300_000 }, false).state).toBe('rtn-unacknowledged')
  const gone = acknowledge(resolved)
  expect(take(gone, { receivedAt: 1_000_600, endsAt: 1_300_000 }, false)).toBe(gone)
})

test('a resend revives what had only expired: its sender says that it still goes on', () => {
  const expired = cleared(take(null, { endsAt: 1_100_000 }), 1_100_001)
  expect(take(expired, { receivedAt: 1_200_000, endsAt: 1_400_000 }, false)).toMatchObject({
    state: 'unacknowledged',
    count: 1,
  })
  const gone = acknowledge(expired)
  expect(take(gone, { receivedAt: 1_200_000, endsAt: 1_400_000 }, false)).toMatchObject({
    state: 'unacknowledged',
    episode: 2,
  })
})

test('reports of agents and the API without an end clear after the calm period, each report moves it', () => {
  const doc = take(null, { source: 'agent', receivedAt: 1_000 })
  expect(doc.endsAt).toBe(1_000 + calmMs)
  expect(take(doc, { source: 'agent', receivedAt: 9_000 }).endsAt).toBe(9_000 + calmMs)
  expect(take(null, { source: 'alertmanager' }).endsAt).toBeNull()
})

test('a re-fire after the end is the next episode of the same document', () => {
  const gone = { ...take(acknowledge(take(null, [{}, {}])), { status: 'cleared' }), v: 7, commands: ['c1'] }
  const again = take(gone, { receivedAt: 2_000_000 })
  expect(again).toMatchObject({
    episode: 2,
    count: 1,
    v: 7,
    commands: ['c1'],
    state: 'unacknowledged',
    raisedAt: 2_000_000,
  })
  expect(again.gone).toBeUndefined()
})

test('an episode that is not in history yet is carried on by the next one', () => {
  const gone = take(acknowledge(take(null, [{}, {}])), { status: 'cleared' })
  const second = take(acknowledge(take(gone, [{}, {}, {}])), { status: 'cleared' })
  expect(kept(second)).toEqual([
    { episode: 1, count: 2 },
    { episode: 2, count: 3 },
  ])
})

test('two episodes that began at the same moment are two in history', () => {
  const startsAt = 900_000
  const expire = (doc: AlarmDoc) => acknowledge(cleared(doc, 2_000_000))
  const first = expire(take(null, { startsAt, endsAt: 1_100_000 }))
  const second = expire(take(first, { startsAt, endsAt: 1_100_000 }))
  const ids = (second.ended ?? []).map(({ _id }) => _id)
  expect(new Set(ids).size).toBe(2)
})

test('a fresh report of an older begin does not raise an episode that its sender resolved', () => {
  const gone = take(acknowledge(take(null, { startsAt: 5_000, endsAt: 2_000_000 })), {
    status: 'cleared',
    startsAt: 5_000,
  })
  expect(take(gone, { startsAt: 4_000, endsAt: 2_000_000 })).toBe(gone)
  expect(take(gone, { startsAt: 6_000, endsAt: 2_000_000 }).episode).toBe(2)
})

test('a skewed clock is flagged and ordered by the time of receipt', () => {
  const ahead = take(null, { source: 'api', startsAt: 1_000_000 + 3_600_000 })
  expect(ahead).toMatchObject({ skewed: true, raisedAt: 1_000_000 })
  expect(take(null, { source: 'agent', startsAt: 1 })).toMatchObject({ skewed: true, raisedAt: 1_000_000 })
  expect(take(null, { source: 'prometheus', startsAt: 1 })).toMatchObject({ skewed: false, raisedAt: 1 })
})

test('S4 what a batch below the mark brings is taken already; another node’s mark stands beside it', () => {
  const arrivals = [1, 2].map((batch) => ({ report: report(), fresh: true, batch }))
  const doc = must(fold('acme:x', null, arrivals, node, calmMs), 'a first report begins')
  expect(doc).toMatchObject({ count: 2, taken: { [node]: 2 } })
  expect(fold('acme:x', doc, arrivals, node, calmMs)).toBeNull()
  const other = must(fold('acme:x', doc, arrivals, 'node-b', calmMs), 'the other node has its own batches')
  expect(other).toMatchObject({ count: 4, taken: { [node]: 2, 'node-b': 2 } })
})

test('S4 the mark outlives the end of an episode', () => {
  const arrivals = [{ report: report(), fresh: true, batch: 3 }]
  const doc = must(fold('acme:x', null, arrivals, node, calmMs), 'begins')
  const gone = finished(cleared(acknowledge(doc), 2_000))
  expect(fold('acme:x', gone, arrivals, node, calmMs)).toBeNull()
})

test('the same desktop and type of one tenant is one alarm, whatever host is named; without a desktop the host counts', () => {
  const base = { tenant: 'acme', desktop: 'D', host: 'H1', type: 't' }
  expect(fingerprint(base)).toBe(fingerprint({ ...base, host: 'H2' }))
  expect(fingerprint({ ...base, desktop: null })).not.toBe(fingerprint({ ...base, desktop: null, host: 'H2' }))
  expect(fingerprint(base)).not.toBe(fingerprint({ ...base, tenant: 'globex' }))
})
