/** What stands in the lanes: which figure of whom, its unit, its limit, its scale. */
import { desktopLimits, hostLimits, isOver, type DesktopFigure, type HostFigure, type Limit } from '#contract/resources'
import type { AlarmResources, Part, Series } from '#contract/resources'
import { figureWord } from './texts.ts'

type Figure = DesktopFigure | HostFigure
export interface Lane {
  id: string
  part: Part
  figure: Figure
  limit: Limit | null
  unit: string
}

const units: Record<Figure, string> = {
  fps: 'fps',
  skipped: '%',
  cpu: '%',
  memory: '%',
  disk: '%',
  gpu: '%',
  steal: '%',
  pressure: '%',
  desktops: '',
  rtt: 'ms',
  jitter: 'ms',
  loss: '%',
  bandwidth: 'Mbit/s',
}
const isFigure = (name: string): name is Figure => name in units
export const unitOf = (name: string) => (isFigure(name) ? units[name] : '')
export const wordOf = (name: string) => (isFigure(name) ? figureWord(name) : name)

const desktop = (part: 'desktop' | 'network', figure: DesktopFigure): Lane => ({
  id: `${part}.${figure}`,
  part,
  figure,
  limit: desktopLimits[figure] ?? null,
  unit: units[figure],
})
const host = (figure: HostFigure): Lane => ({
  id: `host.${figure}`,
  part: 'host',
  figure,
  limit: hostLimits[figure] ?? null,
  unit: units[figure],
})

const lanes: Record<Part, readonly Lane[]> = {
  desktop: (['fps', 'skipped', 'cpu', 'memory', 'disk', 'gpu'] as const).map((figure) => desktop('desktop', figure)),
  host: (['cpu', 'steal', 'memory', 'pressure', 'desktops'] as const).map(host),
  network: (['rtt', 'jitter', 'loss', 'bandwidth'] as const).map((figure) => desktop('network', figure)),
}
/** What a desktop tells of itself. */
export const ownLanes = [...lanes.desktop, ...lanes.network]
/** Without a single value these are not worth a lane; the others say that they are not measured. */
const optional = new Set<Figure>(['disk', 'gpu', 'bandwidth'])

export const subjectOf = (resources: AlarmResources, part: Part) =>
  part === 'host' ? resources.host : resources.desktop

export function lanesOf(resources: AlarmResources, part: Part): Lane[] {
  const figures = subjectOf(resources, part)?.series.figures ?? {}
  return lanes[part].filter(({ figure }) => !optional.has(figure) || isMeasured(figures[figure]))
}

export const isMeasured = (values: readonly (number | null)[] | undefined) =>
  values?.some((value) => value !== null) ?? false

export const isOverLimit = (value: number | null, limit: Limit | null) =>
  value !== null && limit !== null && isOver(value, limit)

/** Percent stands on its whole scale where no limit gives one. */
export function topOf({ limit, unit }: Lane, values: readonly (number | null)[]): number {
  const most = values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0)
  if (unit === '%' && !limit) return 100
  const room = Math.max(most * 1.15, (limit?.value ?? 0) * 1.5, 1)
  return unit === '%' ? Math.min(room, 105) : room
}

/** The value of the point nearest to that moment; null where it lies in a gap. */
export function valueAt(series: Series, figure: string, at: number): number | null {
  const index = nearest(series.at, at)
  const found = series.at[index]
  if (found === undefined || Math.abs(found - at) > Math.max(30_000, 2.5 * series.stepMs)) return null
  return series.gaps.some(({ from, to }) => at > from && at < to) ? null : (series.figures[figure]?.[index] ?? null)
}

export function nearest(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  const before = times[low - 1]
  const here = times[low]
  if (here === undefined) return -1
  return before !== undefined && at - before < here - at ? low - 1 : low
}
