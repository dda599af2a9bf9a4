/** How an act of a person meets one alarm: what holds for every verb, said once. Pure, so that redo decides the same. */
import type { Decision } from '../../core/core.ts'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { noted, type Entry, type Happening, type NewEntry } from './entries.ts'
import { finished } from './fold.ts'
import { holdOf } from './holds.ts'
import { mayAct, type Verb } from './machine.ts'
import type { AlarmDoc } from './model.ts'

export interface Who {
  id: string
  name: string
  now: number
}

export const whoOf = ({ actor, now }: Pick<Ctx, 'actor' | 'now'>): Who => ({ id: actor.id, name: actor.name, now })

/** The alarm after the act, and what its timeline says of it beyond verb and name. */
export type Outcome = { next: AlarmDoc; entry?: Partial<NewEntry> } | { same: true } | Refusal
export type Decide = (alarm: AlarmDoc) => Outcome

/** `since`: the version that the caller saw or made; what somebody did after it is not overridden. */
export function decideAct(
  verb: Verb,
  who: Who,
  decide: Decide,
  since?: number,
): (alarm: AlarmDoc) => Decision<AlarmDoc> {
  return (alarm) => {
    const may = mayAct(alarm.state, verb)
    if (may === 'already') return { same: true }
    const conflict = since === undefined ? null : actedSince(alarm, verb, since)
    if (conflict) return conflict
    if (may === 'no') return stateConflict(alarm)
    const outcome = decide(alarm)
    if (isRefusal(outcome) || 'same' in outcome) return outcome
    const entry = { at: who.now, what: verb, by: who.name, byId: who.id, ...outcome.entry }
    return { next: finished(noted(outcome.next, entry)) }
  }
}

/** These take nothing away from what an earlier act did. */
const harmless: ReadonlySet<Happening> = new Set([
  'note',
  'link',
  'unlink',
  'claim-lost',
  // The condition is over; what somebody did about it stays as it is.
  'cleared',
  'expired',
  'escalated',
  'worsened',
  'eased',
])

const owning: readonly Happening[] = ['claim', 'hand-over', 'release']
/** Whether somebody has seen it and whose it is are two questions; the second one a claim asks for itself. */
const apart: Partial<Record<Verb, readonly Happening[]>> = {
  acknowledge: owning,
  claim: [...owning, 'acknowledge', 'unacknowledge'],
}

/** Reports move the version too, but they are nobody's act. */
function actedSince(alarm: AlarmDoc, verb: Verb, v: number): Refusal | null {
  const matters = ({ what }: Entry) => !harmless.has(what) && !apart[verb]?.includes(what)
  const later = alarm.lastEntries?.findLast((entry) => entry.v > v && matters(entry))
  if (!later) return null
  const params = { v: alarm.v, by: later.by, at: later.at, what: later.what }
  return refused('version.conflict', { params, current: alarm.state })
}

/** Names the state, and who brought it about when. */
export function stateConflict(alarm: AlarmDoc): Refusal {
  return refused('state.conflict', { params: { state: alarm.state, ...maker(alarm) }, current: alarm.state })
}

function maker(alarm: AlarmDoc): { by?: string | null; at?: number } {
  const kind = overlayOf[alarm.state]
  const hold = kind && holdOf(alarm, kind)
  if (hold) return { by: hold.by ?? hold.why, at: hold.at }
  return alarm.acknowledgedAt === null ? {} : { by: alarm.acknowledgedBy, at: alarm.acknowledgedAt }
}
const overlayOf: Partial<Record<AlarmDoc['state'], 'shelf' | 'suppression' | 'service'>> = {
  shelved: 'shelf',
  suppressed: 'suppression',
  'out-of-service': 'service',
}
