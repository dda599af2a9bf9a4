import { describe, expect, it } from 'vitest'
import type { Override, Rotation } from './contract.ts'
import { planShifts } from './plan.ts'

const names: Record<string, string> = { a: 'Li Na', b: 'Wang Lei', c: 'Chen Jing' }
const nameOf = (id: string) => names[id] ?? null
const rotation: Rotation = {
  every: 'week',
  weekday: 1,
  time: '09:00',
  zone: 'Asia/Shanghai',
  anchor: '2026-11-02',
  members: ['a', 'b', 'c'],
}
const plan = (more: Partial<Rotation> = {}, at = '2026-11-25T12:00:00Z', overrides: Override[] = []) =>
  planShifts({ rotation: { ...rotation, ...more }, overrides }, nameOf, Date.parse(at))
const shown = (shifts: ReturnType<typeof plan>, n = 3) =>
  shifts
    .slice(0, n)
    .map(({ operator, from, to }) => [operator, new Date(from).toISOString(), new Date(to).toISOString()])

describe('a rotation', () => {
  it('by weeks begins at the handover on or before its anchor and goes round', () => {
    expect(shown(plan())).toEqual([
      ['a', '2026-11-23T01:00:00.000Z', '2026-11-30T01:00:00.000Z'],
      ['b', '2026-11-30T01:00:00.000Z', '2026-12-07T01:00:00.000Z'],
      ['c', '2026-12-07T01:00:00.000Z', '2026-12-14T01:00:00.000Z'],
    ])
    expect(plan({ anchor: '2026-11-08' })[0]?.operator).toBe('a')
    expect(plan({ anchor: '2026-11-09' })[0]?.operator).toBe('c')
  })

  it('by days hands over at its local time, before and after the moment it is looked at', () => {
    const daily = { every: 'day' as const, anchor: '2026-11-25', time: '21:00' }
    expect(shown(plan(daily, '2026-11-25T12:59:59Z'), 2).map(([operator]) => operator)).toEqual(['c', 'a'])
    expect(shown(plan(daily, '2026-11-25T13:00:00Z'), 2).map(([operator]) => operator)).toEqual(['a', 'b'])
  })

  it('keeps its hour where clocks change, so that a shift is 23 or 25 hours long', () => {
    const berlin = { every: 'day' as const, zone: 'Europe/Berlin', anchor: '2026-10-24', time: '08:00' }
    const hours = plan(berlin, '2026-10-24T10:00:00Z').map(({ from, to }) => (to - from) / 3600_000)
    expect(hours.slice(0, 3)).toEqual([25, 24, 24])
    const spring = plan({ ...berlin, time: '02:30' }, '2027-03-27T10:00:00Z')
    expect(spring.slice(0, 3).map(({ operator }) => operator)).toEqual(['b', 'c', 'a'])
  })

  it('passes over whoever may not be called, and says so when there is nobody', () => {
    expect(plan({ members: ['gone', 'b'] })[0]?.operator).toBe('b')
    expect(plan({ members: ['gone'] })).toEqual([])
  })

  it('is cut where somebody took a span over, also in the middle of a shift', () => {
    const [from, to] = ['2026-11-26T00:00:00Z', '2026-11-27T00:00:00Z'].map((time) => Date.parse(time))
    const override = { id: 'x', operator: 'c', name: 'then', from: from ?? 0, to: to ?? 0 }
    expect(shown(plan({}, undefined, [override]))).toEqual([
      ['a', '2026-11-23T01:00:00.000Z', '2026-11-26T00:00:00.000Z'],
      ['c', '2026-11-26T00:00:00.000Z', '2026-11-27T00:00:00.000Z'],
      ['a', '2026-11-27T00:00:00.000Z', '2026-11-30T01:00:00.000Z'],
    ])
    expect(plan({}, undefined, [{ ...override, operator: 'gone' }])[0]?.to).toBe(Date.parse('2026-11-30T01:00:00Z'))
  })
})
