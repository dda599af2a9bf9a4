/** What lies over an alarm: a shelf, suppressions, being out of service. Reports go on folding beneath. */
import { noted } from './entries.ts'
import { shownState, type Overlay, type ProcessState } from './machine.ts'
import type { AlarmDoc } from './model.ts'

export interface Hold {
  kind: Overlay
  /** Whose it is: `operator`, or the rule that laid it (`host:gz1-h-017`, `window:…`), which alone lifts it again. */
  key: string
  why: string
  /** Name; null: a rule. */
  by: string | null
  at: number
  until: number | null
}

export const OPERATORS = 'operator'

type Beneath = Pick<AlarmDoc, 'clearedAt' | 'acknowledgedAt'>

/** Said by two facts, so that there is nothing that could disagree with them. */
export function processOf({ clearedAt, acknowledgedAt }: Beneath): ProcessState {
  if (clearedAt === null) return acknowledgedAt === null ? 'unacknowledged' : 'acknowledged'
  return acknowledgedAt === null ? 'rtn-unacknowledged' : 'normal'
}

/** The one that shows: of several suppressions the first. */
export const holdOf = ({ holds }: Pick<AlarmDoc, 'holds'>, kind: Overlay): Hold | undefined =>
  holds?.find((hold) => hold.kind === kind)

/** The alarm with the state that its facts and holds make. */
export function shown<D extends Beneath & Pick<AlarmDoc, 'holds' | 'state'>>(doc: D): D {
  const state = shownState(processOf(doc), (overlay) => holdOf(doc, overlay) !== undefined)
  return state === doc.state ? doc : { ...doc, state }
}

/** One of a kind and owner: a second one replaces the first. */
export function held<D extends AlarmDoc>(doc: D, hold: Hold): D {
  const others = (doc.holds ?? []).filter(({ kind, key }) => kind !== hold.kind || key !== hold.key)
  return shown({ ...doc, holds: [...others, hold] })
}

export function lifted<D extends AlarmDoc>(doc: D, which: (hold: Hold) => boolean): D {
  const { holds = [], ...rest } = doc
  const left = holds.filter((hold) => !which(hold))
  if (left.length === holds.length) return doc
  // What is left out of a document of this shape leaves that shape.
  return shown({ ...rest, ...(left.length > 0 && { holds: left }) } as D)
}

/** A shelf is laid on the alarm, not on one episode of it: a chatterer stays shelved until its end. */
export const outliving = (holds: readonly Hold[] | undefined, now: number): Hold[] =>
  (holds ?? []).filter(({ kind, until }) => kind === 'shelf' && until !== null && until > now)

/** When the clock has to look at it; null: never. */
export function nextEnd({ holds }: Pick<AlarmDoc, 'holds'>): number | null {
  const ends = (holds ?? []).flatMap(({ until }) => until ?? [])
  return ends.length ? Math.min(...ends) : null
}

/** Without what has run out by now, and the timeline says so. */
export function withoutDueHolds(alarm: AlarmDoc, now: number): AlarmDoc {
  const due = (alarm.holds ?? []).filter(({ until }) => until !== null && until <= now)
  return due.reduce(
    (doc, hold) =>
      noted(
        lifted(doc, (one) => one === hold),
        { at: now, what: ended[hold.kind], by: null, byId: null, text: hold.why },
      ),
    alarm,
  )
}
const ended = { shelf: 'unshelve', suppression: 'unsuppress', service: 'return-to-service' } as const
