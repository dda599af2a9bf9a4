/** The ISA-18.2 machine of an alarm: which event leads where, which act makes sense where. Pure. */
import type { AlarmRow, AlarmState } from './contract.ts'

/** Where the alarm stands between its source and its operators, whatever lies over it. */
export const processStates = ['unacknowledged', 'acknowledged', 'rtn-unacknowledged', 'normal'] as const
export type ProcessState = (typeof processStates)[number]

export const alarmEvents = ['raise', 'worsen', 'clear', 'acknowledge', 'unacknowledge'] as const
export type AlarmEvent = (typeof alarmEvents)[number]

/** Absent: the event changes nothing in that state. */
const table: Record<ProcessState, Partial<Record<AlarmEvent, ProcessState>>> = {
  unacknowledged: { clear: 'rtn-unacknowledged', acknowledge: 'acknowledged' },
  acknowledged: { clear: 'normal', worsen: 'unacknowledged', unacknowledge: 'unacknowledged' },
  'rtn-unacknowledged': { raise: 'unacknowledged', worsen: 'unacknowledged', acknowledge: 'normal' },
  normal: { raise: 'unacknowledged', worsen: 'unacknowledged' },
}

export function after(state: ProcessState, event: AlarmEvent): ProcessState {
  return table[state][event] ?? state
}

/** What lies over an alarm and keeps it from asking for anybody. */
export const overlays = ['shelf', 'suppression', 'service'] as const
export type Overlay = (typeof overlays)[number]

/**
 * What a console sees. Out of service outlasts the end of the condition, since it speaks of the alarm itself; a shelved
 * or suppressed alarm that is over has nothing left to hide.
 */
export function shownState(process: ProcessState, over: (overlay: Overlay) => boolean): AlarmState {
  if (over('service')) return 'out-of-service'
  if (process === 'normal') return 'normal'
  if (over('suppression')) return 'suppressed'
  return over('shelf') ? 'shelved' : process
}

/** In alarm as far as the source says; a returned or finished one is not. */
export function isActive(state: ProcessState): boolean {
  return state !== 'normal' && state !== 'rtn-unacknowledged'
}

export const verbs = [
  'acknowledge',
  'unacknowledge',
  'claim',
  'hand-over',
  'release',
  'shelve',
  'unshelve',
  'suppress',
  'unsuppress',
  'take-out-of-service',
  'return-to-service',
  'note',
  'close',
  'link',
  'unlink',
] as const
export type Verb = (typeof verbs)[number]

const asking = ['unacknowledged', 'acknowledged', 'rtn-unacknowledged'] as const
const live = [...asking, 'shelved', 'suppressed', 'out-of-service'] as const

/** States in which an act may change something. Closing looks at more than the state: `mayClose`. */
const open: Record<Verb, readonly AlarmState[]> = {
  acknowledge: ['unacknowledged', 'rtn-unacknowledged'],
  unacknowledge: ['acknowledged'],
  claim: live,
  'hand-over': live,
  release: live,
  shelve: [...asking, 'shelved'],
  unshelve: ['shelved', 'suppressed', 'out-of-service'],
  suppress: [...asking, 'shelved', 'suppressed'],
  unsuppress: ['suppressed', 'out-of-service'],
  'take-out-of-service': live,
  'return-to-service': ['out-of-service'],
  note: live,
  close: live,
  link: live,
  unlink: live,
}
/** States in which what the act asks for is so already. */
const done: Partial<Record<Verb, readonly AlarmState[]>> = {
  acknowledge: ['acknowledged'],
  unacknowledge: ['unacknowledged', 'rtn-unacknowledged'],
  unshelve: asking,
  unsuppress: [...asking, 'shelved'],
  'return-to-service': [...asking, 'shelved', 'suppressed'],
}

/** Whether an act makes sense now: greys the button and refuses the request. */
export function mayAct(state: AlarmState, verb: Verb): 'yes' | 'already' | 'no' {
  if (open[verb].includes(state)) return 'yes'
  return done[verb]?.includes(state) ? 'already' : 'no'
}

/** A source that has said nothing for so long may have died without a word. */
export const silenceMs = 3600_000

/**
 * Closing is no way around the source: the condition is over, or the alarm has stood for a day (stale) and its source
 * has fallen silent. If it still goes on, its next report raises it again.
 */
export function mayClose(alarm: Pick<AlarmRow, 'clearedAt' | 'lastSeenAt' | 'marks'>, now: number): boolean {
  if (alarm.clearedAt !== null) return true
  return alarm.marks.includes('stale') && now - alarm.lastSeenAt >= silenceMs
}
