import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alarmStates, severities } from '#contract/alarms'
import { effective, parseQuery, setKeys, sorts, tabs, toParams, without, type ListQuery } from './list-query.ts'

const text = fc.stringMatching(/^[\p{L}\p{N}][\p{L}\p{N}&=?+ -]{0,20}$/u).map((value) => value.trim())
const query: fc.Arbitrary<ListQuery> = fc
  .record({
    tab: fc.constantFrom(...tabs),
    sort: fc.constantFrom(...sorts),
    last: fc.constantFrom(null, '15m' as const, '24h' as const),
    open: fc.option(text),
    user: text,
    host: text,
    severity: fc.subarray([...severities], { minLength: 1 }),
    state: fc.subarray([...alarmStates], { minLength: 1 }),
    from: fc.nat(),
  })
  .map(({ tab, sort, last, open, ...filter }) => ({ tab, sort, last, open, filter }))

describe('the list’s filter in the URL', () => {
  it('comes back from the address as it was', () => {
    fc.assert(
      fc.property(query, (asked) => {
        expect(parseQuery(new URLSearchParams(toParams(asked).toString()))).toEqual(asked)
      }),
    )
  })

  it('ignores what it does not know', () => {
    const found = parseQuery(new URLSearchParams('severity=fatal,high&state=&tab=nope&from=yesterday&__proto__=1'))
    expect(found).toEqual({ tab: 'active', sort: 'severity', last: null, open: null, filter: { severity: ['high'] } })
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
