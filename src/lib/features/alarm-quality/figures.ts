/** The figures as rows: name, value, what is recommended, and what that makes of it. */
import { recommended, verdictOf, type Judged, type Quality, type Verdict } from '#contract/alarm-quality'
import { age, count, dayAndTime, figure, hourMinute } from '../../i18n/time.ts'
import { qualityText } from './texts.ts'

export interface Figure {
  id: string
  name: string
  value: string
  recommended: string | null
  verdict: Verdict | null
}

const percent = (share: number) => `${figure(share * 100)} %`
const oneOrTwo = (what: Judged, show: (n: number) => string) => {
  const { good, most } = recommended[what]
  if (most === 0) return show(0)
  return good === most
    ? qualityText('atMost', { n: show(good) })
    : qualityText('upTo', { good: show(good), most: show(most) })
}
const dayMs = 24 * 3600_000

export function figuresOf(quality: Quality): Figure[] {
  const { now, begun, peak } = quality
  const judged = (what: Judged, value: number, show: (n: number) => string, said = show(value)): Figure => ({
    id: what,
    name: qualityText(what),
    value: said,
    recommended: oneOrTwo(what, show),
    verdict: verdictOf(what, value),
  })
  const told = (id: 'acknowledge' | 'clear', ms: number | null): Figure => ({
    id,
    name: qualityText(id),
    value: ms === null ? qualityText('never') : age(ms),
    recommended: null,
    verdict: null,
  })
  const both = (id: 'shelved' | 'suppressed' | 'outOfService'): Figure => ({
    id,
    name: qualityText(id),
    value: nowAndBegun(now[id], begun[id]),
    recommended: null,
    verdict: null,
  })
  const when = (at: number) => (quality.to - quality.from > dayMs ? dayAndTime(at) : hourMinute(at))
  const peakSaid = peak.at === null ? count(0) : qualityText('peakAt', { n: figure(peak.n), time: when(peak.at) })
  const marked = (what: 'chattering' | 'fleeting' | 'stale') =>
    judged(what, now[what], count, nowAndBegun(now[what], begun[what]))
  return [
    judged('perTenMinutes', quality.perTenMinutes, figure),
    judged('perHour', quality.perHour, figure),
    judged('perDay', quality.perDay, figure),
    judged('peak', peak.n, figure, peakSaid),
    judged('flooded', quality.flooded, percent),
    judged('overloaded', quality.overloaded, percent),
    judged('topTen', quality.topTenShare, percent),
    marked('chattering'),
    marked('fleeting'),
    marked('stale'),
    told('acknowledge', quality.meanToAcknowledge),
    told('clear', quality.meanToClear),
    both('shelved'),
    both('suppressed'),
    both('outOfService'),
  ]
}

const nowAndBegun = (now: number, begun: number) => qualityText('nowAndBegun', { now: count(now), begun: count(begun) })
