/** Hosts as cells of a picture: how busy each is, and whether something is wrong with it. */
import { severities, type Severity } from '#contract/alarms'
import type { AlarmedHost } from '#contract/displays'
import { hostLimits, type HostCpu } from '#contract/resources'

export interface Cell {
  name: string
  /** What tells it from its neighbours. */
  short: string
  cpu: number | null
  worst: Severity | null
  alarms: number
}

export interface Heat {
  cells: Cell[]
  /** Hosts there are, shown or not. */
  total: number
  /** Over the limit of the charts. */
  hot: number
  measured: number
  hottest: { name: string; cpu: number } | null
  noisiest: readonly AlarmedHost[]
}

/** 2 before 10. */
const { compare } = new Intl.Collator('en', { numeric: true })

type Values = Readonly<Record<string, unknown>>

export const mostCells = 56
/** A node that fell silent says nothing about now. */
const freshMs = 90_000
const limit = hostLimits.cpu?.value ?? 100

/** Values are told by our own servers, whole or not at all. */
const alarmedOf = (values: Values) =>
  Array.isArray(values['alarms']) ? (values['alarms'] as readonly AlarmedHost[]) : []

function cpusOf(values: Values, now: number): Map<string, number> {
  const told = Object.keys(values)
    .filter((key) => key.startsWith('cpu:') && values[key] !== null)
    .map((key) => values[key] as HostCpu)
    .filter(({ at }) => now - at < freshMs)
    .sort((a, b) => a.at - b.at)
  return new Map(told.flatMap(({ of }) => Object.entries(of)))
}

/** `names`: those of the inventory, of which there may be more than are listed. `now`: of a stopped picture when it stopped. */
export function heatOf(names: readonly string[], total: number, values: Values, now: number): Heat {
  const alarmed = alarmedOf(values)
  const cpus = cpusOf(values, now)
  const known = new Map(alarmed.map(([name, worst, alarms]) => [name, { worst, alarms }]))
  const all = [...new Set([...names, ...cpus.keys(), ...known.keys()])]
  const cells = all.map((name): Cell => {
    const { worst = null, alarms = 0 } = known.get(name) ?? {}
    return { name, short: shortOf(name), cpu: cpus.get(name) ?? null, worst, alarms }
  })
  const hottest = [...cpus].sort(([, a], [, b]) => b - a)[0]
  return {
    cells: chosen(cells).sort((a, b) => compare(a.name, b.name)),
    total: Math.max(total, all.length),
    hot: [...cpus.values()].filter((cpu) => cpu > limit).length,
    measured: cpus.size,
    hottest: hottest ? { name: hottest[0], cpu: hottest[1] } : null,
    noisiest: [...alarmed].sort(([one, , a], [other, , b]) => b - a || compare(one, other)).slice(0, 3),
  }
}

const rank = (worst: Severity | null) => (worst === null ? severities.length : severities.indexOf(worst))

/** Where not all fit: those in trouble, then the busiest. */
function chosen(cells: Cell[]): Cell[] {
  if (cells.length <= mostCells) return cells
  return cells
    .sort((a, b) => rank(a.worst) - rank(b.worst) || (b.cpu ?? -1) - (a.cpu ?? -1) || compare(a.name, b.name))
    .slice(0, mostCells)
}

/** `gz1-h-017` → `017`. */
const shortOf = (name: string) => (name.split(/[-._:/\s]/).findLast(Boolean) ?? name).slice(-3)

/** As few columns as leave every row high enough to be seen. */
export const columnsFor = (cells: number) => Math.min(7, Math.max(2, Math.ceil(cells / 8)))
