import { describe, expect, it } from 'vitest'
import { Scope, Schedule, type WindowRow } from '#contract/maintenance-windows'
import { blank, inputOf, labelsOf, typedOf } from './form.ts'

const now = Date.UTC(2027, 0, 15, 9)

describe('the form of a window', () => {
  it('takes names separated by commas of either script', () => {
    const { scope } = inputOf({ ...blank(now), hosts: 'h-1, h-2，h-3、', labels: 'rack=7, site = gz' })
    expect(scope).toEqual({
      hosts: ['h-1', 'h-2', 'h-3'],
      pools: [],
      desktops: [],
      types: [],
      labels: { rack: '7', site: 'gz' },
    })
    expect(labelsOf('rack')).toBeNull()
  })

  it('shows a window as it was saved and sends the same again', () => {
    const row: WindowRow = {
      id: 'acme:patch',
      name: 'patch',
      note: 'n',
      scope: Scope.parse({ hosts: ['h-1'], labels: { rack: '7' } }),
      schedule: Schedule.parse({ kind: 'recurring', cron: '0 2 * * 6', timeZone: 'Asia/Shanghai', minutes: 90 }),
      effect: 'suppressed',
      enabled: false,
      upcoming: [],
      by: null,
      changedAt: now,
    }
    const { id: _id, upcoming: _upcoming, by: _by, changedAt: _at, ...said } = row
    expect(inputOf(typedOf(row, now))).toEqual(said)
  })
})
