import { expect, test } from 'vitest'
import { alarmStates, type AlarmRow } from '#contract/alarms'
import { mayAct } from '#machine/alarms'
import { acts } from './acts.ts'
import { nextMorning, shelfEndAt } from './shelf-ends.ts'
import { swipes, underThumb } from './thumb.ts'

const me = { id: 'lina', name: '李娜 Li Na' }
const base: AlarmRow = {
  id: 'acme:1',
  severity: 'critical',
  state: 'unacknowledged',
  type: 'stutter',
  desktop: 'ACME-CAD-0112',
  host: null,
  user: null,
  business: null,
  pool: null,
  region: null,
  summary: '',
  readings: {},
  source: 'api',
  count: 1,
  episode: 1,
  raisedAt: 0,
  lastSeenAt: 0,
  clearedAt: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  skewed: false,
  runbook: null,
  owner: null,
  ownerId: null,
  claimedAt: null,
  shelvedUntil: null,
  shelvedBy: null,
  shelfReason: null,
  suppressedBy: null,
  serviceReason: null,
  serviceUntil: null,
  notes: 0,
  links: [],
  cause: null,
  marks: [],
}
const row = (more: Partial<AlarmRow> = {}): AlarmRow => ({ ...base, ...more })

test('what nobody has is acknowledged and claimed at once; what somebody has is not taken from him by it', () => {
  expect(underThumb(row(), me).main).toEqual(['acknowledge', 'claim'])
  expect(underThumb(row({ owner: '赵强', ownerId: 'zhao' }), me).main).toEqual(['acknowledge'])
  expect(swipes(row({ owner: '赵强', ownerId: 'zhao' })).left).toBeNull()
})

test('in every state the main act is one that the state allows, and a swipe only adds one’s name', () => {
  for (const state of alarmStates) {
    if (state === 'normal') continue
    for (const owner of [null, me.id, 'zhao']) {
      const alarm = row({ state, ownerId: owner, owner: owner && 'somebody' })
      for (const id of underThumb(alarm, me).main) expect(mayAct(state, acts[id].verb(alarm, me))).toBe('yes')
      const { right, left } = swipes(alarm)
      if (right) expect(acts[right].verb(alarm, me)).toBe('acknowledge')
      if (left) expect(acts[left].verb(alarm, me)).toBe('claim')
    }
  }
})

test('until morning is the next eight o’clock of the operator, and never more than a day away', () => {
  const at = (clock: string) => nextMorning(Date.UTC(2026, 10, 26, 12), () => clock) - Date.UTC(2026, 10, 26, 12)
  expect(at('03:00')).toBe(5 * 3600_000)
  expect(at('08:00')).toBe(24 * 3600_000)
  expect(at('23:30')).toBe(8.5 * 3600_000)
  expect(shelfEndAt('for15m', 1_000)).toBe(1_000 + 15 * 60_000)
})
