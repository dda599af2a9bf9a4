import { describe, expect, it } from 'vitest'
import { must } from '../../core/must.ts'
import { report } from '../../../tests/support/reports.ts'
import { annunciated, marked, marksChangeAt } from './annunciation.ts'
import { fold } from './fold.ts'
import { held, shown } from './holds.ts'
import type { AlarmDoc } from './model.ts'

const limits = { chatterMs: 60_000, chatterCalmMs: 600_000, fleetingMs: 30_000, staleMs: 86_400_000 }
const t0 = 1_800_000_000_000
const second = 1_000

type Step = [afterSeconds: number, status: 'firing' | 'cleared', severity?: 'medium' | 'critical']

/** Folds reports one batch each, as they would come in. */
function after(steps: readonly Step[], doc: AlarmDoc | null = null, born?: (alarm: AlarmDoc) => AlarmDoc): AlarmDoc {
  steps.forEach(([seconds, status, severity = 'medium'], index) => {
    const receivedAt = t0 + seconds * second
    const arrival = { report: report({ status, severity, receivedAt, source: 'api' }), fresh: true, batch: index + 1 }
    const next = fold('acme:a', doc, [arrival], `node-${seconds}`, 300_000, born)
    if (next) doc = marked(next, receivedAt, limits)
  })
  return must(doc, 'something was raised')
}

const acknowledged = (alarm: AlarmDoc, at: number) => shown({ ...alarm, acknowledgedAt: at, acknowledgedBy: 'Li Na' })

describe('an alarm is annunciated', () => {
  it('when it begins and when it comes back, not when it is reported again', () => {
    const alarm = after([
      [0, 'firing'],
      [5, 'firing'],
      [100, 'cleared'],
      [200, 'firing'],
    ])
    expect(alarm.annunciations).toBe(2)
    expect(alarm.annunciated).toEqual([t0, t0 + 200 * second])
  })

  it('when it gets worse after somebody acknowledged, not when he takes that back', () => {
    const seen = acknowledged(after([[0, 'firing']]), t0 + 1)
    const worse = after([[60, 'firing', 'critical']], seen)
    expect(worse).toMatchObject({ state: 'unacknowledged', annunciations: 2 })
    const back = shown({ ...seen, acknowledgedAt: null, acknowledgedBy: null })
    expect(annunciated(seen, back, t0 + 2).annunciations).toBe(1)
  })

  it('in a new episode, and remembers those before', () => {
    const finished = after([[10, 'cleared']], acknowledged(after([[0, 'firing']]), t0 + 1))
    expect(finished.gone).toBe(true)
    expect(after([[20, 'firing']], finished)).toMatchObject({ episode: 2, annunciations: 2 })
  })

  it('not while a rule lies over it from the start, but when that is lifted', () => {
    const rule = { kind: 'suppression', key: 'host:h', why: 'host:h', by: null, at: t0, until: null } as const
    const silent = after([[0, 'firing']], null, (alarm) => held(alarm, rule))
    expect(silent).toMatchObject({ state: 'suppressed' })
    expect(silent.annunciations ?? 0).toBe(0)
    const { holds: _holds, ...free } = silent
    expect(annunciated(silent, shown(free), t0 + 9)).toMatchObject({ annunciations: 1, annunciated: [t0 + 9] })
  })

  it('as often as one batch says so', () => {
    const arrivals = (['firing', 'cleared', 'firing', 'cleared', 'firing'] as const).map((status, index) => ({
      report: report({ status, receivedAt: t0 + index * second }),
      fresh: true,
      batch: 1,
    }))
    expect(fold('acme:a', null, arrivals, 'node', 300_000)?.annunciations).toBe(3)
  })
})

describe('an alarm chatters', () => {
  const chatterer = after([
    [0, 'firing'],
    [10, 'cleared'],
    [20, 'firing'],
    [30, 'cleared'],
    [40, 'firing'],
  ])

  it('after three annunciations within a minute', () => {
    expect(chatterer.marks).toEqual(['chattering'])
    const slower = after([
      [0, 'firing'],
      [20, 'cleared'],
      [40, 'firing'],
      [50, 'cleared'],
      [61, 'firing'],
    ])
    expect(slower.marks).toBeUndefined()
  })

  it('until it was quiet for ten minutes, which the clock is told', () => {
    expect(marksChangeAt(chatterer, limits)).toBe(t0 + 640 * second)
    expect(marked(chatterer, t0 + 639 * second, limits)).toBe(chatterer)
    expect(marked(chatterer, t0 + 640 * second, limits)).not.toHaveProperty('marks')
  })

  it('also across episodes', () => {
    const ended = after([[50, 'cleared']], acknowledged(chatterer, t0 + 45 * second))
    expect(ended.gone).toBe(true)
    expect(after([[200, 'firing']], ended)).toMatchObject({ episode: 2, marks: ['chattering'] })
  })
})

describe('an alarm is fleeting', () => {
  it('when it was over at once and nobody had seen it', () => {
    const fleeting = after([
      [0, 'firing'],
      [29, 'cleared'],
    ])
    expect(fleeting.marks).toEqual(['fleeting'])
    expect(after([[60, 'firing']], fleeting)).not.toHaveProperty('marks')
    const lasting = after([
      [0, 'firing'],
      [30, 'cleared'],
    ])
    expect(lasting).not.toHaveProperty('marks')
  })
})

describe('an alarm is stale', () => {
  it('when it stands for a day, until it clears', () => {
    const alarm = after([[0, 'firing']])
    expect(marksChangeAt(alarm, limits)).toBe(t0 + limits.staleMs)
    const stale = marked(alarm, t0 + limits.staleMs, limits)
    expect(stale.marks).toEqual(['stale'])
    expect(marksChangeAt(stale, limits)).toBeNull()
    expect(after([[90_000, 'cleared']], stale)).not.toHaveProperty('marks')
  })
})
