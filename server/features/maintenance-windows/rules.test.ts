import { describe, expect, it } from 'vitest'
import { covers, rulingsOn, type Judged, type Rule } from './rules.ts'

const now = 1_800_000_000_000
const alarm: Judged = { desktop: 'ACME-CAD-1', host: 'gz1-h-017', pool: 'CAD', type: 'stutter', labels: { rack: '7' } }
const none = { hosts: [], pools: [], desktops: [], types: [], labels: {} }
const window = (given: Partial<Rule>): Rule => ({
  name: 'patch night',
  scope: { ...none, hosts: ['gz1-h-017'] },
  effect: 'out-of-service',
  enabled: true,
  upcoming: [{ from: now - 10, to: now + 10 }],
  ...given,
})

describe('a scope', () => {
  it('covers what every field of it names', () => {
    expect(covers({ ...none, hosts: ['gz1-h-017', 'gz1-h-018'], types: ['stutter'] }, alarm)).toBe(true)
    expect(covers({ ...none, hosts: ['gz1-h-017'], types: ['latency'] }, alarm)).toBe(false)
    expect(covers({ ...none, labels: { rack: '7' } }, alarm)).toBe(true)
    expect(covers({ ...none, labels: { rack: '8' } }, alarm)).toBe(false)
    expect(covers({ ...none, pools: ['CAD'] }, { ...alarm, pool: null })).toBe(false)
  })

  it('is not deceived by the names of prototypes', () => {
    expect(covers({ ...none, labels: { toString: 'x' } }, alarm)).toBe(false)
  })
})

describe('rules on an alarm', () => {
  it('are the windows that are on', () => {
    expect(rulingsOn(alarm, [window({})], new Map(), now)).toEqual([
      { kind: 'service', key: 'window:patch night', until: now + 10, since: now - 10 },
    ])
    expect(rulingsOn(alarm, [window({ effect: 'suppressed' })], new Map(), now)[0]?.kind).toBe('suppression')
    expect(rulingsOn(alarm, [window({})], new Map(), now + 10)).toEqual([])
    expect(rulingsOn(alarm, [window({ enabled: false })], new Map(), now)).toEqual([])
  })

  it('say that its host is down, but hide nothing of the host itself', () => {
    const down = new Map([['gz1-h-017', now - 5]])
    expect(rulingsOn(alarm, [], down, now)).toEqual([
      { kind: 'suppression', key: 'host:gz1-h-017', until: null, since: now - 5 },
    ])
    expect(rulingsOn({ ...alarm, desktop: null, type: 'host-down' }, [], down, now)).toEqual([])
    expect(rulingsOn({ ...alarm, host: 'gz1-h-018' }, [], down, now)).toEqual([])
  })
})
