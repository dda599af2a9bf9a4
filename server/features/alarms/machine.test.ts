import { expect, test } from 'vitest'
import { alarmStates, type AlarmState } from './contract.ts'
import { after, alarmEvents, isActive, mayAcknowledge } from './machine.ts'

test('the ISA-18.2 table: every state and event, and where it leads', () => {
  const table = Object.fromEntries(
    alarmStates.map((state) => [
      state,
      alarmEvents.map((event) => (after(state, event) === state ? '-' : after(state, event))),
    ]),
  )
  // raise, worsen, clear, acknowledge
  expect(table).toEqual({
    unacknowledged: ['-', '-', 'rtn-unacknowledged', 'acknowledged'],
    acknowledged: ['-', 'unacknowledged', 'normal', '-'],
    'rtn-unacknowledged': ['unacknowledged', 'unacknowledged', '-', 'normal'],
    normal: ['unacknowledged', 'unacknowledged', '-', '-'],
    shelved: ['-', '-', '-', '-'],
    suppressed: ['-', '-', '-', '-'],
    'out-of-service': ['-', '-', '-', '-'],
  })
})

test('only what nobody has acknowledged may be acknowledged', () => {
  expect(alarmStates.filter(mayAcknowledge)).toEqual(['unacknowledged', 'rtn-unacknowledged'])
})

test('acknowledging never ends an alarm whose condition still stands', () => {
  const standing = alarmStates.filter(isActive)
  expect(standing.map((state) => after(state, 'acknowledge'))).not.toContain('normal' satisfies AlarmState)
})
