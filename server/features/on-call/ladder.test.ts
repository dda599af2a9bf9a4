import { describe, expect, it } from 'vitest'
import type { AlarmDoc } from '../alarms/service.ts'
import { askingSince, asks, dueSteps, nextAt, stepOf } from './ladder.ts'
import type { EscalationDoc, PolicyDoc } from './model.ts'

const level = (wait: number) => ({ wait, schedules: [], operators: ['acme:operator:a'], channels: ['push' as const] })
const policy: PolicyDoc = {
  _id: 'acme:escalation-policy:p',
  v: 1,
  tenant: 'acme',
  name: 'critical',
  enabled: true,
  severities: ['critical'],
  levels: [level(300), level(600)],
  repeat: 900,
}
type Said = Pick<NonNullable<AlarmDoc['lastEntries']>[number], 'what' | 'at'>
function alarm(more: Partial<AlarmDoc> = {}, entries: Said[] = []): AlarmDoc {
  const lastEntries = entries.map((one, n) => ({ ...one, n: n + 1, v: n + 1, by: null, byId: null }))
  const told = {
    _id: 'acme:x',
    v: 3,
    tenant: 'acme',
    state: 'unacknowledged',
    severity: 'critical',
    raisedAt: 1_000,
    lastEntries,
  }
  // Of an alarm only what the ladder looks at.
  return { ...told, ...more } as AlarmDoc
}
const known = (more: Partial<EscalationDoc> = {}) =>
  ({ raisedAt: 1_000, since: 1_000, fired: 1, ...more }) as EscalationDoc

describe('the ladder of an escalation', () => {
  it('tells level after level, then the last one again and again', () => {
    expect([0, 1, 2, 3].map((n) => stepOf(policy, n))).toEqual([
      { n: 0, level: 0, after: 300_000 },
      { n: 1, level: 1, after: 900_000 },
      { n: 2, level: 1, after: 1_800_000 },
      { n: 3, level: 1, after: 2_700_000 },
    ])
    expect(stepOf({ ...policy, repeat: null }, 2)).toBeNull()
  })

  it('after a time without a server tells each level, but of repetitions only the last that is due', () => {
    expect(dueSteps(policy, 0, 0, 299_999)).toEqual([])
    expect(dueSteps(policy, 0, 0, 900_000).map(({ n }) => n)).toEqual([0, 1])
    expect(dueSteps(policy, 1, 0, 9_000_000).map(({ n }) => n)).toEqual([10])
    expect(dueSteps(policy, 2, 0, 2_700_000).map(({ n }) => n)).toEqual([3])
  })

  it('asks only while it is unacknowledged, of that severity and the policy is on', () => {
    expect(asks(alarm(), policy)).toBe(true)
    for (const state of ['acknowledged', 'rtn-unacknowledged', 'shelved', 'suppressed', 'out-of-service'] as const)
      expect(asks(alarm({ state }), policy), state).toBe(false)
    expect(asks(alarm({ gone: true }), policy)).toBe(false)
    expect(asks(alarm({ severity: 'high' }), policy)).toBe(false)
    expect(asks(alarm(), { ...policy, enabled: false })).toBe(false)
  })

  it('counts from the moment the alarm began to ask again; getting worse puts nothing off', () => {
    const worse = [
      { what: 'raised' as const, at: 1_000 },
      { what: 'worsened' as const, at: 50_000 },
    ]
    expect(askingSince(alarm({}, worse), undefined)).toBe(1_000)
    const again = [
      { what: 'acknowledge' as const, at: 60_000 },
      { what: 'worsened' as const, at: 70_000 },
      { what: 'note' as const, at: 80_000 },
    ]
    expect(askingSince(alarm({}, [...worse, ...again]), undefined)).toBe(70_000)
    const notes = Array.from({ length: 6 }, (_, n) => ({ what: 'note' as const, at: 90_000 + n }))
    expect(askingSince(alarm({}, notes), known({ since: 70_000 }))).toBe(70_000)
    expect(askingSince(alarm({ raisedAt: 200_000 }, notes), known({ since: 70_000 }))).toBe(200_000)
  })

  it('goes on where it stopped, begins anew with a new stretch, and ends what asks no longer', () => {
    expect(nextAt(alarm(), policy, undefined)).toBe(301_000)
    expect(nextAt(alarm(), policy, known())).toBe(901_000)
    expect(nextAt(alarm({ raisedAt: 500_000 }), policy, known())).toBe(800_000)
    expect(nextAt(alarm({ state: 'acknowledged' }), policy, known())).toBe(0)
    expect(nextAt(alarm({ state: 'acknowledged' }), policy, undefined)).toBeNull()
  })
})
