import type { DesktopRow } from '#contract/inventory'
import { age, hourMinuteSecond } from '../../i18n/time.ts'
import { shortNumber, typeWord } from '../work-orders/words.ts'
import { desktopText } from './texts.ts'
import { doingWord, troubleWord } from './words.ts'

export interface InHand {
  text: string
  title: string
  bad: boolean
}

/** What is being done with a desktop in one line, else why the last act did not come about. */
export function inHand({ act, orders, trouble }: DesktopRow, now: number): InHand | null {
  if (act) {
    const words = { what: doingWord(act), time: age(now - act.since), by: act.by ?? '' }
    const text = desktopText('doing', words)
    return { text, title: act.by === null ? text : desktopText('doingBy', words), bad: false }
  }
  const [first] = orders
  if (first) {
    const type = typeWord(first.type)
    const more = orders.length > 1 ? ` +${orders.length - 1}` : ''
    return {
      text: type + more,
      title: `${desktopText('orderN', { type, number: shortNumber(first.number) })}${more}`,
      bad: false,
    }
  }
  if (!trouble) return null
  const what = troubleWord(trouble)
  return { text: what, title: desktopText('troubleAt', { what, time: hourMinuteSecond(trouble.at) }), bad: true }
}
