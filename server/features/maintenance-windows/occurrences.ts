/** When a window is on: from its schedule alone. */
import { Cron } from 'croner'
import { shownOccurrences, type Occurrence, type Schedule } from './contract.ts'

const minuteMs = 60_000

/** The one that goes on, if any, and the next ones. */
export function occurrences(schedule: Schedule, now: number, most = shownOccurrences): Occurrence[] {
  if (schedule.kind === 'once') return schedule.to > now ? [{ from: schedule.from, to: schedule.to }] : []
  const { cron, timeZone, minutes, until } = schedule
  const lasts = minutes * minuteMs
  return new Cron(cron, { paused: true, timezone: timeZone, mode: '5-part' })
    .nextRuns(most, new Date(now - lasts))
    .map((start) => ({ from: start.getTime(), to: start.getTime() + lasts }))
    .filter(({ from }) => until === null || from < until)
}

/** What is wrong with a schedule, by the field of it. */
export function faultOf(schedule: Schedule, now: number): { path: string; message: string } | null {
  if (schedule.kind === 'once') {
    if (schedule.to <= schedule.from) return { path: 'schedule.to', message: 'must be after the begin' }
    return schedule.to <= now ? { path: 'schedule.to', message: 'is past' } : null
  }
  if (!isTimeZone(schedule.timeZone)) return { path: 'schedule.timeZone', message: 'is no time zone' }
  if (!isCron(schedule.cron)) return { path: 'schedule.cron', message: 'five fields: minute hour day month weekday' }
  if (occurrences(schedule, now).length === 0) return { path: 'schedule.cron', message: 'never happens' }
  return null
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    // A RangeError is the answer: there is no such zone.
    return false
  }
}

function isCron(pattern: string): boolean {
  try {
    return new Cron(pattern, { paused: true, mode: '5-part' }).getPattern() !== undefined
  } catch {
    // Its complaint is the answer: this is no pattern.
    return false
  }
}
