import { describe, expect, it } from 'vitest'
import type { AlarmDoc } from '../alarms/service.ts'
import type { Range } from './contract.ts'
import { kpis } from './kpis.ts'
import { Minutes } from './minutes.ts'
import { hourMs, minuteMs, sum, tenMs } from './rollup.ts'

const hour = Date.UTC(2027, 0, 15, 9)
const limits = { windowMs: tenMs, begin: 10, end: 5 }
const noFloods = { open: null, past: [] }

let made = 0
function alarm(given: Partial<AlarmDoc>): AlarmDoc {
  const at = given.annunciated?.at(-1) ?? hour
  return {
    _id: `acme:${++made}`,
    v: 1,
    tenant: 'acme',
    episode: 1,
    type: 'stutter',
    severity: 'medium',
    source: 'api',
    desktop: `DESK-${made}`,
    host: null,
    user: null,
    business: null,
    pool: null,
    region: null,
    summary: '',
    readings: {},
    labels: {},
    runbook: null,
    state: 'unacknowledged',
    count: 1,
    raisedAt: at,
    lastSeenAt: at,
    clearedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    startsAt: null,
    endsAt: null,
    skewed: false,
    seen: [],
    taken: {},
    annunciations: given.annunciated?.length ?? 0,
    ...given,
  }
}

/** Minutes that counted from the begin of the hour on. */
function counting(until: number): Minutes {
  const minutes = new Minutes()
  for (let at = hour; at <= until; at += minuteMs) minutes.counting(at)
  return minutes
}

const at = (minutes: Minutes, range: Range, now: number, positions = 1) =>
  kpis(
    range,
    now,
    {
      hours: range === '1h' ? [] : [minutes.hour('acme', hour / hourMs, now, noFloods)],
      minutes: minutes.between('acme', hour, now),
    },
    noFloods,
    positions,
    limits,
  )

describe('the figures of a period', () => {
  it('are rates per operator position over the time that was counted', () => {
    const now = hour + 30 * minuteMs
    const minutes = counting(now)
    for (let n = 0; n < 6; n++) minutes.changed(alarm({ annunciated: [hour + n * 5 * minuteMs] }), null, now)
    const one = at(minutes, '8h', now)
    expect(one).toMatchObject({ annunciated: 6, perTenMinutes: 2, perHour: 12, countedFrom: hour })
    expect(at(minutes, '8h', now, 2)).toMatchObject({ perTenMinutes: 1, perDay: 144 })
    expect(at(minutes, '1h', now)).toMatchObject({ annunciated: 6, perTenMinutes: 2 })
  })

  it('name the worst ten minutes, the share of overloaded ones and the loudest sources', () => {
    const now = hour + 40 * minuteMs
    const minutes = counting(now - 1)
    for (let n = 0; n < 12; n++) minutes.changed(alarm({ annunciated: [hour + 11 * minuteMs] }), null, now)
    const loud = alarm({ annunciated: [hour + 25 * minuteMs], type: 'latency', severity: 'critical' })
    minutes.changed(loud, null, now)
    const again = { ...loud, annunciated: [...(loud.annunciated ?? []), hour + 26 * minuteMs], annunciations: 2 }
    minutes.changed(again, loud, now)
    const figures = at(minutes, '8h', now)
    expect(figures.peak).toEqual({ n: 12, at: hour + 10 * minuteMs })
    expect(figures.overloaded).toBe(1 / 4)
    expect(figures.topTen[0]).toMatchObject({ place: loud.desktop, n: 2 })
    expect(figures.topTenShare).toBeCloseTo(11 / 14)
    expect(figures.types[0]).toEqual({ type: 'stutter', n: 12 })
    expect(figures.bySeverity).toEqual([2, 0, 12, 0])
  })

  it('say how long alarms waited for somebody and how long they stood, from the annunciation on', () => {
    const now = hour + 30 * minuteMs
    const minutes = counting(now)
    const raised = alarm({ annunciated: [hour + minuteMs] })
    const seen = { ...raised, acknowledgedAt: hour + 3 * minuteMs }
    const over = { ...seen, clearedAt: hour + 9 * minuteMs }
    minutes.changed(raised, null, now)
    minutes.changed(seen, raised, now)
    minutes.changed(over, seen, now)
    minutes.changed({ ...over, count: 9 }, over, now)
    expect(at(minutes, '8h', now)).toMatchObject({ meanToAcknowledge: 2 * minuteMs, meanToClear: 8 * minuteMs })
  })

  it('know the difference between nothing and not knowing', () => {
    const now = hour + 30 * minuteMs
    const minutes = new Minutes()
    minutes.counting(hour + 20 * minuteMs)
    const { slots } = at(minutes, '24h', now)
    const of = (minute: number) => slots.find((slot) => slot.at === hour + minute * minuteMs)?.annunciated
    expect([of(0), of(10), of(20)]).toEqual([null, null, [0, 0, 0, 0]])
    expect(at(minutes, '24h', now).countedFrom).toBe(hour + 20 * minuteMs)
    expect(at(new Minutes(), '8h', now)).toMatchObject({ annunciated: 0, countedFrom: null })
  })

  it('add up time in flood, what goes on included', () => {
    const now = hour + 30 * minuteMs
    const minutes = counting(now)
    const past = [{ since: hour - 5 * minuteMs, until: hour + 3 * minuteMs, alarms: 40, peak: 20 }]
    const open = { since: now - 6 * minuteMs, from: 0, peak: 12, alarms: 14 }
    const counted = { hours: [minutes.hour('acme', hour / hourMs, now, { past, open })], minutes: [] }
    const figures = kpis('8h', now, counted, { past, open }, 1, limits)
    expect(figures.flooded * (now - figures.from)).toBeCloseTo(9 * minuteMs)
    expect(figures.floods.map(({ until }) => until)).toEqual([null, hour + 3 * minuteMs])
  })
})

describe('minutes', () => {
  it('that two nodes counted in part merge without counting anything twice', () => {
    const now = hour + 5 * minuteMs
    const [mine, theirs] = [counting(now), counting(now)]
    const alarms = Array.from({ length: 3 }, () => alarm({ annunciated: [hour + minuteMs] }))
    for (const each of alarms) mine.changed(each, null, now)
    for (const each of alarms.slice(1)) theirs.changed(each, null, now)
    const minute = hour / minuteMs + 1
    const stored = theirs.of('acme', minute)
    if (stored) mine.merge('acme', minute, stored)
    expect(mine.of('acme', minute)?.annunciated).toEqual([0, 0, 3, 0])
  })

  it('are found again in the alarms after a restart', () => {
    const now = hour + 10 * minuteMs
    const before = counting(now)
    const after = counting(now)
    const alarms = [
      alarm({ annunciated: [hour + minuteMs, hour + 2 * minuteMs], clearedAt: hour + 4 * minuteMs }),
      alarm({ annunciated: [hour - 3 * hourMs, hour + minuteMs] }),
    ]
    before.changed(alarms[0] ?? alarm({}), null, now)
    before.changed({ ...(alarms[1] ?? alarm({})), annunciated: [hour + minuteMs], annunciations: 1 }, null, now)
    for (const each of alarms) after.found(each, now)
    const of = (minutes: Minutes) => sum(minutes.between('acme', hour, now).map(({ rollup }) => rollup))
    expect(of(after)).toEqual(of(before))
  })

  it('keep their loudest when they are past, and all in the sum', () => {
    const now = hour + 30_000
    const minutes = counting(now)
    for (let n = 0; n < 500; n++) minutes.changed(alarm({ annunciated: [hour + 1] }), null, now)
    minutes.trim(hour + 2 * minuteMs)
    const rollup = minutes.of('acme', hour / minuteMs)
    expect(rollup?.loud).toHaveLength(100)
    expect(rollup?.annunciated).toEqual([0, 0, 500, 0])
  })
})
