import { expect, test } from 'vitest'
import { severities } from '#contract/alarms'
import type { Sounds } from '#contract/displays'
import { heard, isSilent, patterns, Rhythm } from './sound.ts'

const sounds: Sounds = { severities: ['critical', 'medium'], volume: 60, silent: null }
const noon = 12 * 60

test('the worst severity that waits and is chosen is heard', () => {
  expect(heard({ criticalUnacknowledged: 1, mediumUnacknowledged: 9 }, sounds, noon)).toBe('critical')
  expect(heard({ highUnacknowledged: 3, mediumUnacknowledged: 1 }, sounds, noon)).toBe('medium')
  expect(heard({ critical: 4, criticalUnacknowledged: 0 }, sounds, noon)).toBe(null)
  expect(heard({ criticalUnacknowledged: 1 }, { ...sounds, volume: 0 }, noon)).toBe(null)
})

test('between its silent hours nothing is heard, also across midnight', () => {
  const night = { silent: { from: '22:00', to: '07:30' } }
  expect([21, 22, 23, 0, 7, 8].map((hour) => isSilent(night, hour * 60))).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
  ])
  const lunch = { silent: { from: '12:00', to: '13:00' } }
  expect([719, 720, 779, 780].map((minute) => isSilent(lunch, minute))).toEqual([false, true, true, false])
  expect(heard({ criticalUnacknowledged: 1 }, { ...sounds, ...night }, 23 * 60)).toBe(null)
})

test('it is heard at once, then again until it is acknowledged; a worse one does not wait', () => {
  const rhythm = new Rhythm()
  expect(rhythm.due('medium', 0)).toBe(true)
  expect(rhythm.due('medium', 1_000)).toBe(false)
  expect(rhythm.due('critical', 2_000)).toBe(true)
  expect(rhythm.due('critical', 9_999)).toBe(false)
  expect(rhythm.due('critical', 10_000)).toBe(true)
  expect(rhythm.due(null, 11_000)).toBe(false)
  expect(rhythm.due('critical', 12_000)).toBe(true)
})

test('no two severities have the same rhythm, and a pattern ends before it begins again', () => {
  const rhythms = severities.map((severity) => patterns[severity].tones.map(({ at, for: long }) => [at, long]))
  expect(new Set(rhythms.map((rhythm) => JSON.stringify(rhythm))).size).toBe(severities.length)
  for (const { tones, everyMs } of Object.values(patterns))
    expect(Math.max(...tones.map(({ at, for: long }) => at + long)) * 1000).toBeLessThan(everyMs / 4)
})
