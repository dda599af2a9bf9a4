/** Who has which shift: pure, so that every node and every repetition plans the same. */
import { Cron } from 'croner'
import { must } from '../../core/must.ts'
import type { Override, Rotation, Shift } from './contract.ts'

const dayMs = 24 * 3600_000
/** Planned ahead; a rotation by days is seen two weeks, one by weeks a quarter. */
export const shiftsAhead = 14

interface Plan {
  rotation: Rotation
  overrides: readonly Override[]
}

/** null: nobody of that name may be called (any more). */
export type NameOf = (operator: string) => string | null

/** The shift that runs at `at` and those after it. */
export function planShifts({ rotation, overrides }: Plan, nameOf: NameOf, at: number): Shift[] {
  const changes = handovers(rotation, at)
  const planned = changes.slice(0, -1).flatMap((from, index): Shift[] => {
    const to = must(changes[index + 1], 'all but the last have one after them')
    const member = memberAt(rotation, from, nameOf)
    return member ? [{ ...member, from, to, taken: false }] : []
  })
  return overrides
    .filter(({ operator }) => nameOf(operator) !== null)
    .reduce<Shift[]>(
      (shifts, override) => laidOver(shifts, override, nameOf(override.operator) ?? override.name),
      planned,
    )
    .filter(({ to }) => to > at)
    .slice(0, shiftsAhead)
}

/** Moments of handing over: the last before `at`, then those that follow. */
function handovers(rotation: Rotation, at: number): number[] {
  const [hours = '0', minutes = '0'] = rotation.time.split(':')
  const pattern = `${Number(minutes)} ${Number(hours)} * * ${rotation.every === 'week' ? rotation.weekday : '*'}`
  const cron = new Cron(pattern, { timezone: rotation.zone, paused: true })
  const back = (rotation.every === 'week' ? 8 : 2) * dayMs
  const runs = cron.nextRuns(shiftsAhead + 4, new Date(at - back)).map((run) => run.getTime())
  const first = runs.findLastIndex((run) => run <= at)
  return runs.slice(Math.max(0, first), first + shiftsAhead + 1)
}

/** Who may not be called is passed over: his shift is the next one's. */
function memberAt(rotation: Rotation, from: number, nameOf: NameOf): { operator: string; name: string } | null {
  const { members } = rotation
  const period = rotation.every === 'week' ? 7 : 1
  const shift = Math.round((dayNumber(localDay(from, rotation.zone)) - firstDay(rotation)) / period)
  for (let passed = 0; passed < members.length; passed++) {
    const index = (((shift + passed) % members.length) + members.length) % members.length
    const operator = must(members[index], 'a remainder of its length is an index')
    const name = nameOf(operator)
    if (name !== null) return { operator, name }
  }
  return null
}

const dayNumber = (day: string) => Math.floor(Date.parse(`${day}T00:00:00Z`) / dayMs)

/** Of a weekly rotation the handover on or before the anchor. */
function firstDay({ every, weekday, anchor }: Rotation): number {
  const day = dayNumber(anchor)
  if (every === 'day') return day
  // 1 January 1970 was a Thursday.
  return day - ((((day + 4 - weekday) % 7) + 7) % 7)
}

/** YYYY-MM-DD of that moment in that zone. */
export const localDay = (at: number, zone: string) => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(at)

function laidOver(shifts: readonly Shift[], { operator, from, to }: Override, name: string): Shift[] {
  const cut = shifts.flatMap((shift): Shift[] => {
    if (shift.to <= from || shift.from >= to) return [shift]
    const before = { ...shift, to: from }
    const after = { ...shift, from: to }
    return [before, after].filter((part) => part.from < part.to)
  })
  const taken: Shift = { operator, name, from, to, taken: true }
  return [...cut, taken].sort((a, b) => a.from - b.from)
}
