import { describe, expect, it } from 'vitest'
import { Annunciations, floodAfter, floodedMs, type Flood } from './flood.ts'

const limits = { windowMs: 600_000, begin: 10, end: 5 }
const t0 = 1_800_000_000_000

/** Feeds annunciations by the minute and looks each minute, as the clock does. */
function run(perMinute: readonly number[], positions = 1) {
  const window = new Annunciations(limits.windowMs)
  let flood: Flood | null = null
  return perMinute.map((n, minute) => {
    const now = t0 + minute * 60_000
    if (n) window.add(now, n)
    flood = floodAfter(flood, window.recent(now), now, positions, limits)
    return flood !== null
  })
}

describe('a flood', () => {
  it('begins above ten alarms in ten minutes, not at ten', () => {
    expect(run([5, 5])).toEqual([false, false])
    expect(run([5, 5, 1])).toEqual([false, false, true])
  })

  it('goes on between five and ten, and ends below five in ten minutes', () => {
    const states = run([11, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    // The eleven leave the window at minute 10: five are left, which is not below five.
    expect(states.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => true))
    expect(states[15]).toBe(false)
  })

  it('needs as many more alarms as there are operator positions', () => {
    expect(run([15], 2)).toEqual([false])
    expect(run([21], 2)).toEqual([true])
  })

  it('counts the window that made it, so that its alarms are all of its alarms', () => {
    const window = new Annunciations(limits.windowMs)
    window.add(t0 - 300_000, 7)
    window.add(t0, 5)
    const flood = floodAfter(null, window.recent(t0), t0, 1, limits)
    expect(flood).toEqual({ since: t0, from: t0 - 600_000, peak: 12 })
    window.add(t0 + 60_000, 3)
    expect(window.since(t0 - 600_000)).toBe(15)
    window.forget(t0 - 600_000)
    expect(window.since(t0 - 600_000)).toBe(15)
    window.forget(t0 + 30_000)
    expect(window.since(t0 - 600_000)).toBe(3)
  })

  it('counts as time in flood only between the moments that are asked about', () => {
    const past = [
      { since: t0, until: t0 + 100 },
      { since: t0 + 300, until: t0 + 500 },
    ]
    expect(floodedMs(past, null, t0 + 50, t0 + 400)).toBe(50 + 100)
    expect(floodedMs([], { since: t0 + 350 }, t0, t0 + 400)).toBe(50)
    expect(floodedMs(past, { since: t0 + 900 }, t0, t0 + 400)).toBe(200)
  })
})
