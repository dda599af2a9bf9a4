/** Ends of a shelf that one tap says; as moments, so that an act which waits to be sent means what it said. */
import { hourMinute } from '../../i18n/time.ts'

const minuteMs = 60_000
const dayMinutes = 24 * 60
const morning = 8 * 60

/** The next 08:00 of the operator's own zone. */
export function nextMorning(now: number, clock: (at: number) => string = hourMinute): number {
  const [hours = 0, minutes = 0] = clock(now).split(':').map(Number)
  const ahead = (morning - (hours * 60 + minutes) + dayMinutes) % dayMinutes || dayMinutes
  return Math.floor(now / minuteMs) * minuteMs + ahead * minuteMs
}

export const shelfEnds = ['for15m', 'for1h', 'untilMorning'] as const
export type ShelfEnd = (typeof shelfEnds)[number]

export function shelfEndAt(end: ShelfEnd, now: number): number {
  if (end === 'untilMorning') return nextMorning(now)
  return now + (end === 'for15m' ? 15 : 60) * minuteMs
}
