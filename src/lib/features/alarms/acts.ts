/** What can be done to an alarm, as data: buttons, keys, menu and palette are made of it. */
import { mayAct, mayClose, type Verb } from '#machine/alarms'
import type { AlarmRow } from '#contract/alarms'
import { hourMinuteSecond } from '../../i18n/time.ts'
import { actText, verbWord } from './act-texts.ts'
import type { Me } from './list-query.ts'
import { stateWord } from './words.ts'

export const actIds = ['acknowledge', 'claim', 'shelve', 'close', 'hand-over', 'suppress', 'service', 'link'] as const
export type ActId = (typeof actIds)[number]
/** What has to be said before it can be done. */
export type Ask = 'shelf' | 'reason' | 'service' | 'cause' | 'colleague' | 'link'

interface Act {
  key: string | null
  /** What it does to this alarm as it is. */
  verb: (row: AlarmRow, me: Me | null) => Verb
}

/** Somebody acknowledged it while the finger was on its way: the key still means "acknowledge". */
const graceMs = 2000
const justBy = (row: AlarmRow, me: Me | null) =>
  row.acknowledgedBy !== me?.name && Date.now() - (row.acknowledgedAt ?? 0) < graceMs

export const acts: Record<ActId, Act> = {
  acknowledge: {
    key: 'a',
    verb: (row, me) => (row.state === 'acknowledged' && !justBy(row, me) ? 'unacknowledge' : 'acknowledge'),
  },
  claim: { key: 'c', verb: (row, me) => (row.ownerId !== null && row.ownerId === me?.id ? 'release' : 'claim') },
  shelve: { key: 's', verb: ({ state }) => (state === 'shelved' ? 'unshelve' : 'shelve') },
  close: { key: 'e', verb: () => 'close' },
  'hand-over': { key: null, verb: () => 'hand-over' },
  suppress: { key: null, verb: ({ state }) => (state === 'suppressed' ? 'unsuppress' : 'suppress') },
  service: {
    key: null,
    verb: ({ state }) => (state === 'out-of-service' ? 'return-to-service' : 'take-out-of-service'),
  },
  link: { key: null, verb: () => 'link' },
}

export const asks: Partial<Record<Verb, Ask>> = {
  shelve: 'shelf',
  suppress: 'reason',
  'take-out-of-service': 'service',
  close: 'cause',
  'hand-over': 'colleague',
  link: 'link',
}

/** What takes an act back; absent: nothing can. */
const reverses: Partial<Record<Verb, Verb>> = {
  acknowledge: 'unacknowledge',
  unacknowledge: 'acknowledge',
  claim: 'release',
  release: 'claim',
  shelve: 'unshelve',
  suppress: 'unsuppress',
  'take-out-of-service': 'return-to-service',
}

/** Of a claim taken over, or handed on, the way back is to whoever had it. */
export function reverseOf(verb: Verb, ownerBefore: string | null | undefined) {
  if (ownerBefore && (verb === 'claim' || verb === 'hand-over'))
    return { verb: 'hand-over' as const, body: { to: ownerBefore } }
  const reverse = reverses[verb]
  return reverse ? { verb: reverse, body: {} } : null
}

/** Of many, in whatever states they are, an act means its plain sense. */
export function firstVerb(id: ActId): Verb {
  if (id === 'service') return 'take-out-of-service'
  return id
}

export const labelOf = (verb: Verb, row: AlarmRow | undefined) =>
  verbWord(verb === 'claim' && row && row.ownerId !== null ? 'take-over' : verb)

export interface Circumstances {
  mayTriage: boolean
  cut: boolean
  busy: boolean
  ended: boolean
  now: number
}

/** Why this cannot be done to this alarm now, in the person's language; null when it can. */
export function whyNot(row: AlarmRow, verb: Verb, { mayTriage, cut, busy, ended, now }: Circumstances): string | null {
  if (!mayTriage) return actText('reasonRole')
  if (ended || row.state === 'normal') return actText('reasonEnded')
  if (busy) return actText('reasonBusy')
  if (cut) return actText('reasonOffline')
  if (mayAct(row.state, verb) !== 'yes') return whyState(row)
  if (verb === 'close' && !mayClose(row, now)) return actText('whyStanding')
  return null
}

function whyState(row: AlarmRow): string {
  if (row.state === 'acknowledged' && row.acknowledgedBy && row.acknowledgedAt !== null)
    return actText('reasonAckedBy', { name: row.acknowledgedBy, time: hourMinuteSecond(row.acknowledgedAt) })
  return actText('reasonState', { state: stateWord(row.state) })
}
