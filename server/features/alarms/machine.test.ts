import { expect, test } from 'vitest'
import { alarmStates } from './contract.ts'
import {
  after,
  alarmEvents,
  isActive,
  mayAct,
  mayClose,
  overlays,
  processStates,
  shownState,
  silenceMs,
  verbs,
  type Overlay,
} from './machine.ts'

test('the ISA-18.2 table: every state and event, and where it leads', () => {
  const table = Object.fromEntries(
    processStates.map((state) => [
      state,
      alarmEvents.map((event) => (after(state, event) === state ? '-' : after(state, event))),
    ]),
  )
  // raise, worsen, clear, acknowledge, unacknowledge
  expect(table).toEqual({
    unacknowledged: ['-', '-', 'rtn-unacknowledged', 'acknowledged', '-'],
    acknowledged: ['-', 'unacknowledged', 'normal', '-', 'unacknowledged'],
    'rtn-unacknowledged': ['unacknowledged', 'unacknowledged', '-', 'normal', '-'],
    normal: ['unacknowledged', 'unacknowledged', '-', '-', '-'],
  })
})

test('what lies over an alarm shows, the heaviest first; what is over ends unless it is out of service', () => {
  const shown = (...over: Overlay[]) =>
    processStates.map((process) => shownState(process, (overlay) => over.includes(overlay)))
  expect(shown()).toEqual([...processStates])
  expect(shown('shelf')).toEqual(['shelved', 'shelved', 'shelved', 'normal'])
  expect(shown('shelf', 'suppression')).toEqual(['suppressed', 'suppressed', 'suppressed', 'normal'])
  expect(new Set(shown(...overlays))).toEqual(new Set(['out-of-service']))
})

test('every act and state: it changes something, it is so already, or it is refused', () => {
  const table = Object.fromEntries(
    verbs.map((verb) => [verb, alarmStates.map((state) => mayAct(state, verb)[0]).join('')]),
  )
  // unacknowledged, acknowledged, rtn-unacknowledged, normal, shelved, suppressed, out-of-service: yes, already, no
  expect(table).toEqual({
    acknowledge: 'yaynnnn',
    unacknowledge: 'ayannnn',
    claim: 'yyynyyy',
    'hand-over': 'yyynyyy',
    release: 'yyynyyy',
    shelve: 'yyynynn',
    unshelve: 'aaanyyy',
    suppress: 'yyynyyn',
    unsuppress: 'aaanayy',
    'take-out-of-service': 'yyynyyy',
    'return-to-service': 'aaanaay',
    note: 'yyynyyy',
    close: 'yyynyyy',
    link: 'yyynyyy',
    unlink: 'yyynyyy',
  })
})

test('acknowledging never ends an alarm whose condition still stands', () => {
  const standing = processStates.filter(isActive)
  expect(standing.map((state) => after(state, 'acknowledge'))).not.toContain('normal')
})

test('closing ends what is over, or what is stale and whose source fell silent; nothing else', () => {
  const now = 100 * silenceMs
  const standing = { clearedAt: null, lastSeenAt: now - silenceMs, marks: [] }
  expect(mayClose({ ...standing, clearedAt: now }, now)).toBe(true)
  expect(mayClose(standing, now)).toBe(false)
  expect(mayClose({ ...standing, marks: ['stale'] }, now)).toBe(true)
  expect(mayClose({ ...standing, marks: ['stale'], lastSeenAt: now - silenceMs + 1 }, now)).toBe(false)
})
