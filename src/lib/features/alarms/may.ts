import { isUnacknowledged, type AlarmRow } from '#contract/alarms'
import { hourMinuteSecond } from '../../i18n/time.ts'
import { alarmText } from './texts.ts'
import { stateWord } from './words.ts'

export interface Circumstances {
  mayTriage: boolean
  cut: boolean
  busy: boolean
  ended?: boolean
}

/** Why this alarm cannot be acknowledged now, in the person's language; null when it can. */
export function whyNotAcknowledge(
  row: AlarmRow,
  { mayTriage, cut, busy, ended = false }: Circumstances,
): string | null {
  if (!mayTriage) return alarmText('reasonRole')
  if (ended || row.state === 'normal') return alarmText('reasonEnded')
  if (row.state === 'acknowledged') {
    return row.acknowledgedBy && row.acknowledgedAt !== null
      ? alarmText('reasonAckedBy', { name: row.acknowledgedBy, time: hourMinuteSecond(row.acknowledgedAt) })
      : alarmText('reasonAcked')
  }
  if (!isUnacknowledged(row.state)) return alarmText('reasonState', { state: stateWord(row.state) })
  if (cut) return alarmText('reasonOffline')
  return busy ? alarmText('reasonBusy') : null
}
