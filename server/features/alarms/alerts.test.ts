import { expect, test } from 'vitest'
import { Alert, isResolved, timeOf } from './alerts.ts'

const now = Date.parse('2026-11-23T12:00:00Z')
const parse = (alert: object) => Alert.parse({ labels: { alertname: 'X' }, ...alert })

test('Prometheus says by an end that has passed that an alert is resolved, the webhook says it in words', () => {
  expect(isResolved(parse({ endsAt: '2026-11-23T11:59:59Z' }), now)).toBe(true)
  expect(isResolved(parse({ endsAt: '2026-11-23T12:04:00Z' }), now)).toBe(false)
  expect(isResolved(parse({ endsAt: '0001-01-01T00:00:00Z' }), now)).toBe(false)
  expect(isResolved(parse({}), now)).toBe(false)
  expect(isResolved(parse({ status: 'resolved' }), now)).toBe(true)
  expect(isResolved(parse({ status: 'firing', endsAt: '2026-11-23T11:59:59Z' }), now)).toBe(false)
})

test('Go’s zero time is nothing said, an offset is honoured', () => {
  expect(timeOf(undefined)).toBeNull()
  expect(timeOf('0001-01-01T00:00:00Z')).toBeNull()
  expect(timeOf('2026-11-23T20:00:00.5+08:00')).toBe(now + 500)
})

test('dots in names become underscores, prose of any length passes, other fields are the sender’s own', () => {
  const alert = parse({
    labels: { alertname: 'X', 'service.name': 'cad' },
    annotations: { description: 'x'.repeat(9_000), 'help.url': 'y' },
    generatorURL: 'x'.repeat(9_000),
    fingerprint: 'abc',
  })
  expect(alert.labels).toEqual({ alertname: 'X', service_name: 'cad' })
  expect(Object.keys(alert.annotations)).toEqual(['description', 'help_url'])
  expect(Object.keys(alert).sort()).toEqual(['annotations', 'labels'])
})

test.each([
  ['no labels', { labels: {} }, 'labels'],
  ['labels that are no names and texts', { labels: { team: 7 } }, 'labels.team'],
  ['an operator for a name', { labels: { $gt: 'x' } }, 'labels.$gt'],
  ['NUL in a name', { labels: { 'a\0': 'x' } }, 'labels.a\0'],
  ['NUL in a value', { labels: { team: '\0' } }, 'labels.team'],
  ['a begin in another century', { startsAt: '1999-12-31T23:59:59Z' }, 'startsAt'],
  ['an end next year', { endsAt: new Date(Date.now() + 365 * 24 * 3600_000).toISOString() }, 'endsAt'],
  ['a day that never was', { startsAt: '2026-02-30T00:00:00Z' }, 'startsAt'],
])('%s is refused by name', (_what, wrong, path) => {
  const parsed = Alert.safeParse({ labels: { alertname: 'X' }, ...wrong })
  expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
})
