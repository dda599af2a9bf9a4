import { describe, expect, it } from 'vitest'
import { proposalsOf, type Standing } from './proposals.ts'
import { sum, type Rollup } from './rollup.ts'

const none = sum([])
const standing = (n: number, given: Partial<Standing> = {}): Standing => ({
  id: `acme:${n}`,
  desktop: `DESK-${n}`,
  host: `host-${n}`,
  type: 'stutter',
  state: 'unacknowledged',
  marks: [],
  ...given,
})
const day = (given: Partial<Rollup>): Rollup => ({ ...none, ...given })
const found = (alarms: Standing[], given: Partial<Rollup> = {}, hour: Rollup = none) =>
  proposalsOf({ alarms, hour, day: day(given) })

describe('proposals', () => {
  it('shelve a chatterer for an hour, with how often it came', () => {
    const chatterer = standing(1, { marks: ['chattering'] })
    const hour = day({ loud: [{ id: 'acme:1', place: 'DESK-1', type: 'stutter', n: 14 }] })
    expect(found([chatterer], {}, hour)).toEqual([
      {
        id: 'shelve-chatterer:acme:1',
        kind: 'shelve-chatterer',
        about: ['DESK-1', 'stutter'],
        n: 14,
        share: null,
        minutes: 60,
        does: { act: 'shelve', ids: ['acme:1'], minutes: 60 },
      },
    ])
  })

  it('leave alone what is shelved already', () => {
    expect(found([standing(1, { marks: ['chattering'], state: 'shelved' })])).toEqual([])
  })

  it('name the fewest types, three at most, that make half of the load', () => {
    const types = { stutter: 30, latency: 25, cpu: 20, memory: 15, gpu: 10 }
    const [proposal] = found([], { annunciated: [0, 0, 100, 0], types })
    expect(proposal).toMatchObject({ kind: 'loud-types', about: ['stutter', 'latency'], n: 55, share: 0.55 })
    const even = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`t${n}`, 10]))
    expect(found([], { annunciated: [0, 0, 100, 0], types: even })).toEqual([])
  })

  it('offer a window of maintenance for the host under a good part of what stands', () => {
    const alarms = Array.from({ length: 12 }, (_, n) => standing(n, n < 6 ? { host: 'gz1-h-017' } : {}))
    expect(found(alarms)).toMatchObject([
      { kind: 'loud-host', about: ['gz1-h-017'], n: 6, share: 0.5, does: { act: 'window', hosts: ['gz1-h-017'] } },
    ])
  })

  it('point at stale alarms above the recommended number', () => {
    const alarms = (n: number) => Array.from({ length: n }, (_, i) => standing(i, { marks: ['stale'] }))
    expect(found(alarms(4))).toEqual([])
    expect(found(alarms(5))).toMatchObject([{ kind: 'stale', n: 5, does: { act: 'show', query: { mark: 'stale' } } }])
  })

  it('say that too much is urgent', () => {
    expect(found([], { annunciated: [5, 20, 50, 25] })).toMatchObject([{ kind: 'mix', n: 25, share: 0.25 }])
    expect(found([], { annunciated: [1, 5, 50, 44] })).toEqual([])
  })

  it('say that alarms are over before anybody could act', () => {
    const begun = { ...none.begun, fleeting: 12 }
    expect(found([], { annunciated: [0, 0, 40, 0], begun })).toMatchObject([{ kind: 'fleeting', n: 12, share: 0.3 }])
  })
})
