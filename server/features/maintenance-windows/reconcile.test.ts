import { describe, expect, it } from 'vitest'
import type { AlarmDoc } from '../alarms/service.ts'
import { differences } from './reconcile.ts'
import type { Ruling } from './rules.ts'

type Hold = NonNullable<AlarmDoc['holds']>[number]

const now = 1_800_000_000_000
const ruling: Ruling = { kind: 'service', key: 'window:patch night', until: now + 10, since: now - 10 }
const hold = (given: Partial<Hold>): Hold => ({
  kind: 'service',
  key: 'window:patch night',
  why: 'window:patch night',
  by: null,
  at: now,
  until: now + 10,
  ...given,
})

describe('rules and what lies on an alarm', () => {
  it('are in step when each rule lies there as it asks', () => {
    expect(differences({ holds: [hold({})] }, [ruling])).toEqual([])
  })

  it('differ by what is missing and by what is left over', () => {
    expect(differences({}, [ruling])).toEqual([[ruling, true]])
    const left = hold({ kind: 'suppression', key: 'host:h', until: null })
    expect(differences({ holds: [left, hold({})] }, [ruling])).toEqual([
      [{ kind: 'suppression', key: 'host:h', until: null }, false],
    ])
  })

  it('differ when a window ends at another time', () => {
    expect(differences({ holds: [hold({ until: now + 5 })] }, [ruling])).toEqual([[ruling, true]])
  })

  it('never touch what a person laid', () => {
    const shelf = hold({ kind: 'shelf', key: 'operator', by: 'Li Na' })
    expect(differences({ holds: [shelf, hold({ key: 'operator', by: 'Li Na' })] }, [])).toEqual([])
  })

  it('do not lay again what a person lifted while the rule was on', () => {
    const lifted = { n: 1, v: 2, at: now, what: 'return-to-service', by: 'Li Na', byId: 'acme:operator:li-na' } as const
    expect(differences({ lastEntries: [lifted] }, [ruling])).toEqual([])
    expect(differences({ lastEntries: [{ ...lifted, at: now - 20 }] }, [ruling])).toHaveLength(1)
    expect(differences({ lastEntries: [{ ...lifted, by: null, byId: null }] }, [ruling])).toHaveLength(1)
  })
})
