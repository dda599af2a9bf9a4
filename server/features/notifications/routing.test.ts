import { describe, expect, it } from 'vitest'
import { defaultPreferences, type Preferences } from './contract.ts'
import { channelsFor, isQuiet } from './routing.ts'

const at = (time: string) => Date.parse(`2026-11-25T${time}:00Z`)
const night = { from: '22:00', to: '07:00', zone: 'Asia/Shanghai', exceptCritical: false }

describe('quiet hours', () => {
  it('are local to their zone, over midnight too, and end when they say', () => {
    expect(['13:59', '14:00', '20:00', '22:59', '23:00'].map((time) => isQuiet(night, at(time)))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
    expect(isQuiet({ ...night, from: '12:00', to: '13:00' }, at('04:30'))).toBe(true)
    expect(isQuiet({ ...night, from: '08:00', to: '08:00' }, at('04:30'))).toBe(true)
  })
})

describe('where a notification goes', () => {
  const mention = { kind: 'mention', severity: 'high', channels: null, urgent: false, at: 0 } as const
  const wishes: Preferences = { ...defaultPreferences, address: 'a@b.example' }
  const go = (told: Partial<Parameters<typeof channelsFor>[0]>, more: Partial<Preferences> = {}) =>
    channelsFor({ ...mention, ...told }, { ...wishes, ...more }, at('15:00'))

  it('follows kinds and severities of each channel', () => {
    expect(go({})).toEqual(['push'])
    expect(go({ severity: 'low' })).toEqual([])
    expect(go({ kind: 'on-call', severity: null }, { email: { ...wishes.email, on: true } })).toEqual(['push', 'email'])
    expect(go({}, { push: { ...wishes.push, on: false } })).toEqual([])
  })

  it('goes nowhere in quiet hours, but wakes whoever is on call, and for critical ones where that is chosen', () => {
    expect(go({}, { quiet: night })).toEqual([])
    expect(go({ urgent: true, channels: ['push', 'email'] }, { quiet: night })).toEqual(['push', 'email'])
    expect(go({ severity: 'critical' }, { quiet: night })).toEqual([])
    expect(go({ severity: 'critical' }, { quiet: { ...night, exceptCritical: true } })).toEqual(['push'])
  })

  it('named channels are these and no others, whatever was chosen', () => {
    expect(go({ channels: ['email', 'webhook'] }, { push: { ...wishes.push, on: false } })).toEqual(['email'])
  })
})
