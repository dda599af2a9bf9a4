export interface Column {
  id: string
  label: string
  /** The label is for assistive technology only. */
  unlabelled?: boolean
  /** Grid track, e.g. '76px' or 'minmax(120px, 1fr)'. */
  track: string
  /** Least width in px it needs: decides which columns fit. */
  least: number
  /** Order of leaving when it gets narrow; without one it never leaves. */
  leaves?: number
  end?: boolean
}

export const fixed = (id: string, label: string, px: number, more: Partial<Column> = {}): Column => {
  return { id, label, track: `${px}px`, least: px, ...more }
}
/** Takes its share of the room that is left. */
export const fluid = (id: string, label: string, px: number, share: number, more: Partial<Column> = {}): Column => {
  return { id, label, track: `minmax(${px}px, ${share}fr)`, least: px, ...more }
}

export const templateOf = (columns: readonly Column[]) => columns.map((column) => column.track).join(' ')

/** Columns that fit into a width: those of the lowest `leaves` go first. */
export function fitting(columns: readonly Column[], width: number, gap: number): Column[] {
  const kept = [...columns]
  const leaving = kept.filter((column) => column.leaves !== undefined).sort((a, b) => (a.leaves ?? 0) - (b.leaves ?? 0))
  const needed = () => kept.reduce((sum, column) => sum + column.least + gap, 0) - gap + 32
  for (const column of leaving) {
    if (width === 0 || needed() <= width) break
    kept.splice(kept.indexOf(column), 1)
  }
  return kept
}
