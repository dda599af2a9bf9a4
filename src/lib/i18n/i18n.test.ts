import { describe, expect, it } from 'vitest'
import { faultTexts } from '#machine/inventory'
import { errorCodes } from '#wire'
import { age, ago } from './time.ts'
import { formatMessage } from './message.ts'
import { problemTexts } from './common.ts'
import { remedies } from './faults.ts'
import { planned } from '../console/systems.ts'
import { match } from '../../params/system.ts'

const en = new Intl.PluralRules('en')

describe('messages', () => {
  it('fill in names and choose the plural', () => {
    const message = 'Acknowledge {n, plural, one {# alarm} other {# alarms}} of {tenant}?'
    expect(formatMessage(message, { n: 1, tenant: 'Acme' }, en)).toBe('Acknowledge 1 alarm of Acme?')
    expect(formatMessage(message, { n: '1,200', tenant: 'Acme' }, en)).toBe('Acknowledge 1,200 alarms of Acme?')
  })

  it('leave a name alone that has no value', () => {
    expect(formatMessage('to {where}', {}, en)).toBe('to {where}')
  })

  it('have a sentence for each code of the server, in both languages', () => {
    for (const code of Object.keys(errorCodes)) {
      expect(problemTexts.en).toHaveProperty([code])
      expect(problemTexts.zh).toHaveProperty([code])
    }
  })

  it('say for each way in which an order can end badly what can be done about it, in both languages', () => {
    const codes = Object.keys(faultTexts).toSorted()
    for (const said of [remedies.en, remedies.zh]) {
      expect(Object.keys(said).toSorted()).toEqual(codes)
      for (const sentence of Object.values(said)) expect(sentence).toMatch(/[.。]$/)
    }
  })
})

describe('ages', () => {
  it('are m:ss under an hour, then hours, then days', () => {
    expect([8_000, 582_000, 4_800_000, 273_600_000].map(age)).toEqual(['0:08', '9:42', '1 h 20', '3 d 4 h'])
    expect(ago(8_200)).toBe('8 s')
  })
})

describe('the rail', () => {
  it('leads nowhere dead: each system that is not there yet has its page', () => {
    for (const system of planned) expect(match(system.id)).toBe(true)
  })
})
