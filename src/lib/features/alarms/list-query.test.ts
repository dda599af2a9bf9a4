import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alarmStates, severities } from '#contract/alarms'
import {
  combined,
  effective,
  groupings,
  parseQuery,
  setKeys,
  sorts,
  tabs,
  toParams,
  without,
  type ListQuery,
} from './list-query.ts'

const text = fc.stringMatching(/^[\p{L}\p{N}][\p{L}\p{N}&=?+ -]{0,20}$/u).map((value) => value.trim())
const query: fc.Arbitrary<ListQuery> = fc
  .record({
    tab: fc.constantFrom(...tabs),
    sort: fc.constantFrom(...sorts),
    last: fc.constantFrom(null, '15m' as const, '24h' as const),
    group: fc.constantFrom(null, ...groupings),
    open: fc.option(text),
    user: text,
    host: text,
    severity: fc.subarray([...severities], { minLength: 1 }),
    state: fc.subarray([...alarmStates], { minLength: 1 }),
    from: fc.nat(),
  })
  .map(({ tab, sort, last, group, open, ...filter }) => ({ tab, sort, last, group, open, filter }))

describe('the list’s filter in the URL', () => {
  it('comes back from the address as it was', () => {
    fc.assert(
      fc.property(query, (asked) => {
        expect(parseQuery(new URLSearchParams(toParams(asked).toString()))).toEqual(asked)
      }),
    )
  })

  it('asks both sides the same: tab, chips and moving range as one condition; what excludes itself asks nothing', () => {
    const query = { tab: 'unacknowledged' as const, filter: { host: 'h1' }, last: null }
    const me = { id: 'acme:li', name: 'Li' }
    expect(combined(query, me, 0)).toEqual({ host: 'h1', state: ['unacknowledged', 'rtn-unacknowledged'] })
    const states = { ...query, filter: { state: ['rtn-unacknowledged' as const, 'shelved' as const] } }
    expect(combined(states, me, 0)).toEqual({ state: ['rtn-unacknowledged'] })
    expect(combined({ ...query, filter: { state: ['shelved'] } }, me, 0)).toBeNull()
    expect(combined({ ...query, tab: 'mine' }, me, 0)).toEqual({ host: 'h1', ownerId: 'acme:li' })
    expect(combined({ ...query, tab: 'mine' }, null, 0)).toBeNull()
    expect(combined({ tab: 'active', filter: {}, last: '1h' }, me, 7_200_000)).toEqual({ from: 3_600_000 })
  })

  it('ignores what it does not know', () => {
    const found = parseQuery(new URLSearchParams('severity=fatal,high&state=&tab=nope&from=yesterday&__proto__=1'))
    expect(found).toEqual({
      tab: 'active',
      sort: 'severity',
      group: null,
      last: null,
      open: null,
      filter: { severity: ['high'] },
    })
  })

  it('drops one condition and keeps the rest', () => {
    const asked = parseQuery(new URLSearchParams('severity=high&last=1h&user=zhang'))
    expect(setKeys(asked)).toEqual(['severity', 'time', 'user'])
    expect(setKeys(without(asked, 'time'))).toEqual(['severity', 'user'])
  })

  it('moves a relative range with the clock', () => {
    const asked = parseQuery(new URLSearchParams('last=1h'))
    expect(effective(asked, 10_000_000).from).toBe(10_000_000 - 3_600_000)
  })
})
