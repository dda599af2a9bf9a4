/** What became of the weight of a page. */
export interface Weighed {
  minute: number
  /** A reload begins another one. */
  document: number
  page: string
  heap: number
  nodes: number
}

const round = (value: number) => Math.round(value * 100) / 100

/** Growth of the heap in % a minute of each document (least squares); short ones say nothing. */
export function slopes(weights: readonly Weighed[], least = 4): number[] {
  return [...Map.groupBy(weights, ({ document }) => document).values()].flatMap((points) => {
    if (points.length < least) return []
    const x = mean(points.map(({ minute }) => minute))
    const y = mean(points.map(({ heap }) => heap))
    const along = points.reduce((sum, { minute, heap }) => sum + (minute - x) * (heap - y), 0)
    const across = points.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0)
    return [round((along / across / y) * 100)]
  })
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** How far the nodes of each page are from their middle at most, in %. */
export function spread(weights: readonly Weighed[]): Record<string, number> {
  const entries = [...Map.groupBy(weights, ({ page }) => page)].map(([page, all]): [string, number] => {
    const counts = all.map(({ nodes }) => nodes).sort((a, b) => a - b)
    const middle = counts[Math.floor(counts.length / 2)] ?? 1
    const furthest = Math.max(...counts.map((count) => Math.abs(count - middle)))
    return [page, round((furthest / middle) * 100)]
  })
  return Object.fromEntries(entries)
}
