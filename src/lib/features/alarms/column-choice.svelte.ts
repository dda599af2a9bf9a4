import * as z from 'zod/mini'
import type { Column } from '../../ui/columns.ts'

export const widths = { narrow: 0.75, normal: 1, wide: 1.6 } as const
export type Width = keyof typeof widths
const Choice = z.object({
  order: z.array(z.string()),
  hidden: z.array(z.string()),
  widths: z.record(z.string(), z.enum(['narrow', 'normal', 'wide'])),
})
type Choice = z.infer<typeof Choice>

/** Not everybody needs them; who does asks for them. */
const hiddenAtFirst = ['pool', 'type', 'acknowledgedBy']
/** What an alarm is cannot be hidden. */
export const always: readonly string[] = ['severity', 'state', 'desktop', 'symptom', 'age', 'owner']
const atFirst = (): Choice => ({ order: [], hidden: [...hiddenAtFirst], widths: {} })

/** Which columns one operator sees, in which order and width; kept in his browser. */
export class ColumnChoice {
  #choice = $state.raw<Choice>(atFirst())
  readonly #key: string

  constructor(operator: string) {
    this.#key = `deskwatch.columns.${operator}`
    this.#choice = read(this.#key) ?? atFirst()
  }

  isHidden(id: string): boolean {
    return this.#choice.hidden.includes(id)
  }

  widthOf(id: string): Width {
    return this.#choice.widths[id] ?? 'normal'
  }

  /** All of them in the chosen order. */
  ordered(columns: readonly Column[]): Column[] {
    const { order } = this.#choice
    const rank = (id: string, at: number) => (order.includes(id) ? order.indexOf(id) : at)
    return columns
      .map((column, at) => ({ column, at: rank(column.id, at) }))
      .sort((a, b) => a.at - b.at)
      .map(({ column }) => column)
  }

  shown(columns: readonly Column[]): Column[] {
    return this.ordered(columns)
      .filter(({ id }) => !this.isHidden(id))
      .map((column) => scaled(column, widths[this.widthOf(column.id)]))
  }

  toggle(id: string) {
    if (always.includes(id)) return
    const hidden = this.isHidden(id) ? this.#choice.hidden.filter((each) => each !== id) : [...this.#choice.hidden, id]
    this.#keep({ hidden })
  }

  setWidth(id: string, width: Width) {
    this.#keep({ widths: { ...this.#choice.widths, [id]: width } })
  }

  move(columns: readonly Column[], id: string, by: number) {
    const order = this.ordered(columns).map((column) => column.id)
    const from = order.indexOf(id)
    const to = from + by
    if (from < 0 || to < 0 || to >= order.length) return
    order.splice(to, 0, ...order.splice(from, 1))
    this.#keep({ order })
  }

  reset() {
    this.#keep(atFirst())
  }

  #keep(change: Partial<Choice>) {
    this.#choice = { ...this.#choice, ...change }
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#choice))
    } catch {
      return // storage may be blocked; the choice then lasts for this visit
    }
  }
}

function read(key: string): Choice | null {
  try {
    return Choice.safeParse(JSON.parse(localStorage.getItem(key) ?? 'null')).data ?? null
  } catch {
    return null // storage may be blocked, or hold something else
  }
}

function scaled(column: Column, factor: number): Column {
  if (factor === 1) return column
  const px = (value: string) => `${Math.round(Number(value) * factor)}px`
  const track = column.track.replace(/(\d+)px/, (_, value: string) => px(value))
  return { ...column, track, least: Math.round(column.least * factor) }
}
