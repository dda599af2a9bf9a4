/** Between what is typed and what is sent. */
import type { Effect, Schedule, Scope, WindowInput, WindowRow } from '#contract/maintenance-windows'
import { localInput } from '../../ui/local-input.ts'

export interface Typed {
  name: string
  note: string
  hosts: string
  pools: string
  desktops: string
  types: string
  labels: string
  effect: Effect
  kind: Schedule['kind']
  from: string
  to: string
  cron: string
  timeZone: string
  minutes: string
  until: string
  enabled: boolean
}

export const lists = ['hosts', 'pools', 'desktops', 'types'] as const

const hourMs = 3600_000
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone

export function blank(now: number): Typed {
  return {
    name: '',
    note: '',
    hosts: '',
    pools: '',
    desktops: '',
    types: '',
    labels: '',
    effect: 'out-of-service',
    kind: 'once',
    from: localInput(now),
    to: localInput(now + 2 * hourMs),
    cron: '0 2 * * 6',
    timeZone: ownZone(),
    minutes: '120',
    until: '',
    enabled: true,
  }
}

export function typedOf(row: WindowRow, now: number): Typed {
  const { scope, schedule, name, note, effect, enabled } = row
  const base = { ...blank(now), name, note, effect, enabled }
  const texts = Object.fromEntries(lists.map((list) => [list, scope[list].join(', ')]))
  const labels = Object.entries(scope.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
  const filled = { ...base, ...texts, labels, kind: schedule.kind }
  if (schedule.kind === 'once') return { ...filled, from: localInput(schedule.from), to: localInput(schedule.to) }
  const { cron, timeZone, minutes, until } = schedule
  return { ...filled, cron, timeZone, minutes: String(minutes), until: localInput(until) }
}

const parts = (text: string) =>
  text
    .split(/[,，、]/)
    .map((part) => part.trim())
    .filter(Boolean)

/** null: not written as name=value. */
export function labelsOf(text: string): Record<string, string> | null {
  const pairs = parts(text).map((part) => /^([^=]+)=(.*)$/.exec(part))
  if (pairs.includes(null)) return null
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1]?.trim() ?? '', pair[2]?.trim() ?? '']] : [])))
}

function scopeOf(typed: Typed): Scope {
  const [hosts, pools, desktops, types] = lists.map((list) => parts(typed[list]))
  return {
    hosts: hosts ?? [],
    pools: pools ?? [],
    desktops: desktops ?? [],
    types: types ?? [],
    labels: labelsOf(typed.labels) ?? {},
  }
}

function scheduleOf({ kind, from, to, cron, timeZone, minutes, until }: Typed): Schedule {
  if (kind === 'once') return { kind, from: Date.parse(from), to: Date.parse(to) }
  const end = until === '' ? null : Date.parse(until)
  return { kind, cron: cron.trim(), timeZone: timeZone.trim(), minutes: Number(minutes), until: end }
}

export function inputOf(typed: Typed): WindowInput {
  const { name, note, effect, enabled } = typed
  return { name: name.trim(), note: note.trim(), scope: scopeOf(typed), schedule: scheduleOf(typed), effect, enabled }
}
