/** What could be done about the quality of alarms, each with the figures it stands on: pure. */
import { isUnacknowledged, type AlarmState, type Mark } from '../alarms/contract.ts'
import { recommended, type Proposal } from './contract.ts'
import { sumOf, type Rollup } from './rollup.ts'

export interface Standing {
  id: string
  desktop: string | null
  host: string | null
  type: string
  state: AlarmState
  marks: readonly Mark[]
}

export interface Evidence {
  alarms: readonly Standing[]
  hour: Rollup
  day: Rollup
}

const dayMinutes = 24 * 60
/** Below these nothing general can be said. */
const leastOfDay = 20
const leastOfHost = 5
const leastFleeting = 10
const mostChatterers = 5
const mostTypes = 3
const typesShare = 0.5
const hostShare = 0.3
const fleetingShare = 0.2
/** Times what is recommended. */
const mixFactor = 2

export function proposalsOf(evidence: Evidence): Proposal[] {
  const general = [loudHost, loudTypes, stale, fleeting, mix].flatMap((find) => find(evidence) ?? [])
  return [...chatterers(evidence), ...general]
}

const placeOf = ({ desktop, host }: Standing) => desktop ?? host ?? ''
const asks = ({ state }: Standing) => isUnacknowledged(state) || state === 'acknowledged'

function chatterers({ alarms, hour }: Evidence): Proposal[] {
  const inHour = new Map(hour.loud.map(({ id, n }) => [id, n]))
  return alarms
    .filter((alarm) => alarm.marks.includes('chattering') && asks(alarm))
    .map((alarm) => ({ alarm, n: inHour.get(alarm.id) ?? 3 }))
    .sort((a, b) => b.n - a.n || (a.alarm.id < b.alarm.id ? -1 : 1))
    .slice(0, mostChatterers)
    .map(({ alarm, n }) => ({
      id: `shelve-chatterer:${alarm.id}`,
      kind: 'shelve-chatterer',
      about: [placeOf(alarm), alarm.type],
      n,
      share: null,
      minutes: 60,
      does: { act: 'shelve', ids: [alarm.id], minutes: 60 },
    }))
}

/** The fewest types, three at most, that make half of the load. */
function loudTypes({ day }: Evidence): Proposal | null {
  const total = sumOf(day.annunciated)
  const all = Object.entries(day.types).sort(([, a], [, b]) => b - a)
  if (total < leastOfDay || all.length < 2) return null
  const chosen: string[] = []
  let n = 0
  for (const [type, count] of all.slice(0, mostTypes)) {
    if (n >= total * typesShare) break
    chosen.push(type)
    n += count
  }
  if (n < total * typesShare || chosen.length === all.length) return null
  const query: Record<string, string> = chosen.length === 1 ? { type: chosen[0] ?? '' } : { group: 'type' }
  return {
    id: `loud-types:${chosen.join(',').slice(0, 150)}`,
    kind: 'loud-types',
    about: chosen,
    n,
    share: n / total,
    minutes: dayMinutes,
    does: { act: 'show', query },
  }
}

/** One host under a good part of what stands now: it is the host that wants attention, not its desktops one by one. */
function loudHost({ alarms }: Evidence): Proposal | null {
  const asking = alarms.filter(asks)
  const byHost = Map.groupBy(
    asking.filter(({ host }) => host !== null),
    ({ host }) => host ?? '',
  )
  const [worst] = [...byHost].sort(([, a], [, b]) => b.length - a.length)
  if (!worst || byHost.size < 2) return null
  const [host, its] = worst
  if (its.length < leastOfHost || its.length < asking.length * hostShare) return null
  return {
    id: `loud-host:${host}`,
    kind: 'loud-host',
    about: [host],
    n: its.length,
    share: its.length / asking.length,
    minutes: 120,
    does: { act: 'window', hosts: [host], minutes: 120 },
  }
}

function stale({ alarms }: Evidence): Proposal | null {
  const n = alarms.filter((alarm) => alarm.marks.includes('stale') && asks(alarm)).length
  if (n <= recommended.stale.most) return null
  return {
    id: 'stale:all',
    kind: 'stale',
    about: [],
    n,
    share: null,
    minutes: dayMinutes,
    does: { act: 'show', query: { mark: 'stale' } },
  }
}

function fleeting({ day }: Evidence): Proposal | null {
  const total = sumOf(day.annunciated)
  const n = day.begun.fleeting
  if (n < leastFleeting || n < total * fleetingShare) return null
  return {
    id: 'fleeting:all',
    kind: 'fleeting',
    about: [],
    n,
    share: Math.min(1, n / total),
    minutes: dayMinutes,
    does: { act: 'show', query: { mark: 'fleeting' } },
  }
}

/** If much is critical or high, nothing is. */
function mix({ day }: Evidence): Proposal | null {
  const [critical, high] = day.annunciated
  const total = sumOf(day.annunciated)
  const urgent = critical + high
  const allowed = (recommended.mix[0] + recommended.mix[1]) * mixFactor
  if (total < leastOfDay * 2 || urgent <= total * allowed) return null
  return {
    id: 'mix:urgent',
    kind: 'mix',
    about: [],
    n: urgent,
    share: urgent / total,
    minutes: dayMinutes,
    does: { act: 'show', query: { severity: 'critical,high' } },
  }
}
