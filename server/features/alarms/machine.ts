/** The ISA-18.2 machine of an alarm: which event leads where. Pure, the same on server and screen. */
import type { AlarmState } from './contract.ts'

export const alarmEvents = ['raise', 'worsen', 'clear', 'acknowledge'] as const
export type AlarmEvent = (typeof alarmEvents)[number]

/** Absent: the event changes nothing in that state. */
const table: Record<AlarmState, Partial<Record<AlarmEvent, AlarmState>>> = {
  unacknowledged: { clear: 'rtn-unacknowledged', acknowledge: 'acknowledged' },
  acknowledged: { clear: 'normal', worsen: 'unacknowledged' },
  'rtn-unacknowledged': { raise: 'unacknowledged', worsen: 'unacknowledged', acknowledge: 'normal' },
  normal: { raise: 'unacknowledged', worsen: 'unacknowledged' },
  shelved: {},
  suppressed: {},
  'out-of-service': {},
}

export function after(state: AlarmState, event: AlarmEvent): AlarmState {
  return table[state][event] ?? state
}

/** Whether a person's act makes sense now: greys the button and refuses the request. */
export function mayAcknowledge(state: AlarmState): boolean {
  return table[state].acknowledge !== undefined
}

/** In alarm as far as the source says; a returned or finished one is not. */
export function isActive(state: AlarmState): boolean {
  return state !== 'normal' && state !== 'rtn-unacknowledged'
}
