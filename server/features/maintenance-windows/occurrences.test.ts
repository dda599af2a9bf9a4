import { describe, expect, it } from 'vitest'
import type { Schedule } from './contract.ts'
import { faultOf, occurrences } from './occurrences.ts'

const at = (iso: string) => Date.parse(iso)
const now = at('2026-11-28T00:00:00Z')
const weekly: Schedule = { kind: 'recurring', cron: '0 2 * * 6', timeZone: 'Asia/Shanghai', minutes: 120, until: null }

describe('occurrences of a window', () => {
  it('are those of its time zone', () => {
    expect(occurrences(weekly, now, 2)).toEqual([
      { from: at('2026-12-04T18:00:00Z'), to: at('2026-12-04T20:00:00Z') },
      { from: at('2026-12-11T18:00:00Z'), to: at('2026-12-11T20:00:00Z') },
    ])
  })

  it('begin with the one that goes on, from its first moment to before its last', () => {
    const from = at('2026-12-04T18:00:00Z')
    expect(occurrences(weekly, from, 1)[0]?.from).toBe(from)
    expect(occurrences(weekly, from + 7_199_999, 1)[0]?.from).toBe(from)
    expect(occurrences(weekly, from + 7_200_000, 1)[0]?.from).toBe(at('2026-12-11T18:00:00Z'))
  })

  it('follow the clocks of a country into summer time and last as long as ever', () => {
    const nightly: Schedule = { ...weekly, cron: '30 2 * * *', timeZone: 'America/New_York', minutes: 60 }
    const all = occurrences(nightly, at('2027-03-13T00:00:00Z'), 3)
    expect(all.map(({ from }) => new Date(from).toISOString().slice(0, 16))).toEqual([
      '2027-03-13T07:30',
      '2027-03-14T07:00',
      '2027-03-15T06:30',
    ])
    expect(all.every(({ from, to }) => to - from === 3600_000)).toBe(true)
  })

  it('end with the last day that was asked for', () => {
    const ended: Schedule = { ...weekly, until: at('2026-12-10T00:00:00Z') }
    expect(occurrences(ended, now)).toHaveLength(1)
  })

  it('of a single window are one until it is over', () => {
    const once: Schedule = { kind: 'once', from: now + 1_000, to: now + 2_000 }
    expect(occurrences(once, now)).toEqual([{ from: now + 1_000, to: now + 2_000 }])
    expect(occurrences(once, now + 1_500)).toHaveLength(1)
    expect(occurrences(once, now + 2_000)).toEqual([])
  })
})

describe('a schedule', () => {
  it.each<[string, Schedule, string]>([
    ['ends before it begins', { kind: 'once', from: now + 10, to: now + 5 }, 'schedule.to'],
    ['is past', { kind: 'once', from: now - 10, to: now - 5 }, 'schedule.to'],
    ['has no such minute', { ...weekly, cron: '61 2 * * *' }, 'schedule.cron'],
    ['has a field too few', { ...weekly, cron: '0 2 * * ' }, 'schedule.cron'],
    ['never happens', { ...weekly, cron: '0 0 31 2 *' }, 'schedule.cron'],
    ['is of no time zone', { ...weekly, timeZone: 'Mars/Base' }, 'schedule.timeZone'],
  ])('is refused by field when it %s', (_, schedule, path) => {
    expect(faultOf(schedule, now)?.path).toBe(path)
  })

  it('that can be kept is taken', () => {
    expect(faultOf(weekly, now)).toBeNull()
  })
})
