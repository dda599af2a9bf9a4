/** The other desktops of a host that stuttered around a report. */
import { placeOf } from '../inventory/service.ts'
import type { Core } from '../../core/core.ts'
import { desktopFigures, desktopLimits, isOver, type AlarmResources, type Neighbour } from './contract.ts'
import { frozenMs } from './frozen.ts'
import { minuteMs, type Minute } from './points.ts'

const shownMost = 8
const beforeMs = 2 * minuteMs
const afterMs = 3 * minuteMs
const [fps, skipped] = [desktopFigures.indexOf('fps'), desktopFigures.indexOf('skipped')]

export function neighboursOf(
  core: Pick<Core, 'views'>,
  minutesOf: ReadonlyMap<string, readonly Minute[]>,
  { desktop, onHost, raisedAt }: { desktop: string | null; onHost: readonly string[]; raisedAt: number },
): AlarmResources['neighbours'] {
  const found = onHost.flatMap((id): Neighbour[] => {
    if (id === desktop) return []
    const minutes = minutesOf.get(id) ?? []
    const near = minutes.filter(({ at }) => at > raisedAt - beforeMs - minuteMs && at <= raisedAt + afterMs)
    const worst = { fps: least(near, fps), skipped: most(near, skipped) }
    if (!isStutter(worst)) return []
    return [{ id, name: placeOf(core, id)?.desktop ?? id, ...worst, minutes: byMinute(minutes, raisedAt) }]
  })
  found.sort((a, b) => (a.fps ?? Infinity) - (b.fps ?? Infinity) || (b.skipped ?? 0) - (a.skipped ?? 0))
  return { items: found.slice(0, shownMost), stuttering: found.length, of: onHost.length }
}

/** By the mean of a minute: a single bad second is no stutter. */
function isStutter(worst: { fps: number | null; skipped: number | null }): boolean {
  const over = (figure: 'fps' | 'skipped') => {
    const [value, limit] = [worst[figure], desktopLimits[figure]]
    return value !== null && limit !== undefined && isOver(value, limit)
  }
  return over('fps') || over('skipped')
}

function byMinute(minutes: readonly Minute[], raisedAt: number): (number | null)[] {
  const first = Math.floor((raisedAt - frozenMs) / minuteMs)
  const known = new Map(minutes.map((minute) => [minute.at / minuteMs, minute.values[fps] ?? null]))
  return Array.from({ length: (2 * frozenMs) / minuteMs }, (_, n) => tenth(known.get(first + n) ?? null))
}

const known = (minutes: readonly Minute[], column: number) => minutes.flatMap(({ values }) => values[column] ?? [])
const least = (minutes: readonly Minute[], column: number) => {
  const all = known(minutes, column)
  return all.length ? tenth(Math.min(...all)) : null
}
const most = (minutes: readonly Minute[], column: number) => {
  const all = known(minutes, column)
  return all.length ? tenth(Math.max(...all)) : null
}
const tenth = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10)
