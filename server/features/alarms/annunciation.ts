/**
 * How an alarm presents itself to operators (ISA-18.2): when it was annunciated, and what is wrong with that. Pure, and
 * decided in the commit that it tells of, so that nothing has to be remembered beside the document.
 */
import { severityRank, type Mark } from './contract.ts'
import type { AlarmDoc } from './model.ts'

export interface MarkLimits {
  /** Chattering: three annunciations within this, until none came for the other. */
  chatterMs: number
  chatterCalmMs: number
  /** Fleeting: over within this, before anybody acknowledged. */
  fleetingMs: number
  /** Stale: stands for this. */
  staleMs: number
}

const remembered = 3

/** Newly presented: it begins, comes back, gets worse, or nothing lies over it any more. Taking back an acknowledgement is not. */
function presents(before: AlarmDoc | null, next: AlarmDoc): boolean {
  if (next.gone || next.state !== 'unacknowledged') return false
  if (!before || before.gone || before.episode !== next.episode) return true
  if (before.state === 'unacknowledged') return false
  return before.state !== 'acknowledged' || severityRank[next.severity] > severityRank[before.severity]
}

/** The next version, with what the alarm knows of its annunciations; also those of episodes before. */
export function annunciated(before: AlarmDoc | null, next: AlarmDoc, at: number): AlarmDoc {
  const { annunciated: times = [], annunciations = 0, marks = [] } = before ?? {}
  const begins = before !== null && before.episode !== next.episode
  if (!presents(before, next)) return begins ? { ...next, annunciated: times, annunciations } : next
  return {
    ...next,
    annunciated: [...times, at].slice(-remembered),
    annunciations: annunciations + 1,
    // An episode more does not end it.
    ...(begins && marks.includes('chattering') && { marks: ['chattering'] }),
  }
}

/** The same document when its marks are right as they are. */
export function marked(alarm: AlarmDoc, now: number, limits: MarkLimits): AlarmDoc {
  const { marks: before = [], ...rest } = alarm
  const marks = marksOf(alarm, now, limits)
  if (marks.join() === before.join()) return alarm
  return marks.length > 0 ? { ...rest, marks } : rest
}

function marksOf(alarm: AlarmDoc, now: number, limits: MarkLimits): Mark[] {
  const times = alarm.annunciated ?? []
  const last = times.at(-1)
  if (last === undefined) return []
  const first = times.at(-remembered)
  const fast = first !== undefined && last - first <= limits.chatterMs
  const chattering = (fast || (alarm.marks?.includes('chattering') ?? false)) && now - last < limits.chatterCalmMs
  const { clearedAt, acknowledgedAt } = alarm
  const fleeting = !chattering && clearedAt !== null && acknowledgedAt === null && clearedAt - last < limits.fleetingMs
  const stale = clearedAt === null && now - last >= limits.staleMs
  return [
    ...(chattering ? (['chattering'] as const) : []),
    ...(fleeting ? (['fleeting'] as const) : []),
    ...(stale ? (['stale'] as const) : []),
  ]
}

/** When time alone will change its marks; null: only an event can. */
export function marksChangeAt(alarm: AlarmDoc, limits: MarkLimits): number | null {
  const last = alarm.annunciated?.at(-1)
  if (alarm.gone || last === undefined) return null
  const ends = [
    ...(alarm.marks?.includes('chattering') ? [last + limits.chatterCalmMs] : []),
    ...(alarm.clearedAt === null && !alarm.marks?.includes('stale') ? [last + limits.staleMs] : []),
  ]
  return ends.length > 0 ? Math.min(...ends) : null
}
