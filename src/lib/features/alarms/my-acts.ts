/** What the phone tells of each act in its line. */
import { verbs } from '#machine/alarms'
import { count, hourMinute, hourMinuteSecond } from '../../i18n/time.ts'
import { isOpen, type Queued } from '../../sync/outbox.ts'
import { sorted, whyRefused } from './act-results.ts'
import { actText, verbWord } from './act-texts.ts'
import { phoneText } from './phone-texts.ts'

/**
 * Refusals first, whole or in part, then what waits, in its order, then what came through, the last one first; one
 * alarm's that is on its way for a moment is seen on its row.
 */
export function tellable(acts: readonly Queued[]): Queued[] {
  return acts
    .filter((act) => !isOpen(act) || act.waited || act.about.item === null)
    .toSorted((a, b) => rank(a) - rank(b) || (isOpen(a) ? a.n - b.n : b.n - a.n))
}

function rank(act: Queued): number {
  if (act.state === 'refused') return 0
  if (isOpen(act)) return 2
  return act.results?.some(({ ok }) => !ok) ? 1 : 3
}

export function actName({ about: { verb, name, count: n } }: Queued): string {
  const known = verbs.find((each) => each === verb)
  const word = known ? verbWord(known) : verb
  return n > 1 ? phoneText('actOfMany', { verb: word, n }) : phoneText('actOf', { verb: word, name })
}

export function actLine(act: Queued, signedOut: boolean): string {
  const time = hourMinuteSecond(act.at)
  if (act.state === 'refused') return phoneText('refusedBecause', { why: whyRefusedAct(act) })
  if (act.state === 'sending') return phoneText('sentAt', { time })
  if (act.state === 'waiting') {
    if (signedOut) return phoneText('waitsSignedOut', { time })
    return act.tried === null ? phoneText('waitsSince', { time }) : phoneText('answerMissing', { time })
  }
  return doneLine(act)
}

function doneLine({ results, settledAt, at, body }: Queued): string {
  const { changed, already, refused } = sorted(results ?? [])
  const time = hourMinuteSecond(settledAt ?? at)
  const numbers = { time, changed: count(changed.length), refused: count(refused.length) }
  if (refused.length > 0) return phoneText('donePartly', numbers)
  if (changed.length === 0 && already.length > 0) return phoneText('doneAlready', { time })
  const { until } = body
  return typeof until === 'number'
    ? `${phoneText('doneAt', { time })} · ${actText('until')} ${hourMinute(until)}`
    : phoneText('doneAt', { time })
}

function whyRefusedAct({ problem, body }: Queued): string {
  const { until } = body
  if (problem?.code === 'request.invalid' && typeof until === 'number' && until <= Date.now())
    return phoneText('shelfPassed')
  return whyRefused(problem ?? undefined)
}
