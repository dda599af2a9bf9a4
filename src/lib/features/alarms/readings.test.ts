import { describe, expect, it } from 'vitest'
import { desktopLimits, hostLimits } from '#contract/resources'
import { readingsOf, symptom } from './readings.ts'

describe('readings', () => {
  it('say the number, the unit and the limit, the worst first', () => {
    const [first, second] = readingsOf({ rtt: 46, fps: 9 })
    expect(first).toMatchObject({ name: 'fps', value: 9, unit: 'fps', limit: 20, bound: '≥', over: true })
    expect(second).toMatchObject({ name: 'rtt', unit: 'ms', limit: 100, over: false })
  })

  it('make a symptom that ends with what the user feels', () => {
    expect(symptom({ readings: { fps: 6, rtt: 412, cpu: 20 }, summary: '', type: 'stutter' })).toBe('RTT 412 · 6 fps')
  })

  it('fall back to the sender’s own words', () => {
    expect(symptom({ readings: {}, summary: 'Disk nearly full', type: 'disk' })).toBe('Disk nearly full')
    expect(symptom({ readings: {}, summary: '', type: 'disk' })).toBe('disk')
  })

  it('have the limits by which the resource view judges', () => {
    for (const [figure, limit] of Object.entries({ ...desktopLimits, hostCpu: hostLimits.cpu })) {
      const [reading] = readingsOf({ [figure]: 1 })
      expect([figure, reading?.limit, reading?.bound]).toEqual([figure, limit?.value, limit?.least ? '≥' : '≤'])
    }
  })
})
