import type { Row } from './row.ts'
import type { Figure } from './statistics.ts'

/** Markdown, so that it can go into docs/measurements.md as it is. */
export function table(rows: readonly Row[], facts: Record<string, unknown>): string {
  const lines = rows.map(({ id, what, promise, figure, unit, kept }) => {
    const verdict = figure === null ? 'NOT MEASURED' : kept === null ? '' : kept ? 'kept' : 'MISS'
    return [id, what, promise, figure ? `${number(figure.median)} ${unit}` : '', figure ? spread(figure) : '', verdict]
  })
  const head = ['', 'what', 'promise', 'median', 'least – most', '']
  const all = [head, ...lines]
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  const print = (line: string[]) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  const told = Object.entries(facts).map(([name, value]) => `${name}: ${String(value)}`)
  return [print(head), rule, ...lines.map(print), '', told.join(' · ')].join('\n')
}

const spread = ({ least, most }: Figure) => (least === most ? '' : `${number(least)} – ${number(most)}`)

function number(value: number): string {
  const size = Math.abs(value)
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}
