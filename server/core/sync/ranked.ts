/**
 * Rows of a room that match, in order, kept change by change (S10): a change costs what it touches, whatever the size.
 * Blocks are never written to once made, so an order is held still (`pin`) without a copy. Pure.
 */
import type { Row } from '../wire.ts'

const blockSize = 512
/** From this share of all rows on, sorting anew is cheaper than moving one by one. */
const anewShare = 8

export interface RankedBy {
  matches: (row: object) => boolean
  compare: (a: object, b: object) => number
}

/** An order as it was at one moment, and who has come and gone since. */
export interface Pin {
  readonly name: string
  readonly size: number
  readonly version: number
  slice: (from: number, count: number) => Row<object>[]
  /** Match now and did not then. */
  readonly waiting: ReadonlySet<string>
  /** Matched then and do not now. */
  readonly left: ReadonlySet<string>
}

interface Pinned extends Pin {
  waiting: Set<string>
  left: Set<string>
}

export class Ranked {
  readonly #id: string
  readonly #by: RankedBy
  readonly #source: () => ReadonlyMap<string, Row<object>>
  #blocks: Row<object>[][] = []
  #size = 0
  #version = 0
  /** Rows as they were ranked, of those that changed since; null: not ranked. */
  #dirty = new Map<string, Row<object> | null>()
  #pins = new Map<string, Pinned>()

  /** `id` is no other's, on any node; `sorted`: rows already in this order, else those of `source` are sorted. */
  constructor(
    id: string,
    by: RankedBy,
    source: () => ReadonlyMap<string, Row<object>>,
    sorted?: Iterable<Row<object>>,
  ) {
    this.#id = id
    this.#by = by
    this.#source = source
    if (sorted) this.#fill([...matching(sorted, by)])
    else this.#sort()
  }

  /** Called before `source` shows the change: what stood there, null when it was not. */
  changed(id: string, before: Row<object> | null): void {
    if (!this.#dirty.has(id)) this.#dirty.set(id, before)
  }

  get size(): number {
    this.settle()
    return this.#size
  }

  /** Grows whenever a row comes, goes or moves. */
  get version(): number {
    this.settle()
    return this.#version
  }

  *rows(): Generator<Row<object>> {
    this.settle()
    for (const block of this.#blocks) yield* block
  }

  slice(from: number, count: number): Row<object>[] {
    this.settle()
    return sliceOf(this.#blocks, from, count)
  }

  pinned(name: string): Pin | undefined {
    this.settle()
    return this.#pins.get(name)
  }

  /** One pin for all who hold the same order still. */
  pin(): Pin {
    this.settle()
    const name = `${this.#id}-${this.#version}`
    const known = this.#pins.get(name)
    if (known) return known
    const blocks = this.#blocks
    const pin: Pinned = {
      name,
      size: this.#size,
      version: this.#version,
      slice: (from, count) => sliceOf(blocks, from, count),
      waiting: new Set(),
      left: new Set(),
    }
    this.#pins.set(name, pin)
    return pin
  }

  unpin(name: string): void {
    this.#pins.delete(name)
  }

  /** Takes what changed since. */
  settle(): void {
    if (this.#dirty.size === 0) return
    const changes = this.#dirty
    this.#dirty = new Map()
    const moves: { before: Row<object> | null; after: Row<object> | null }[] = []
    for (const [id, stood] of changes) {
      const before = this.#ranks(stood)
      const after = this.#ranks(this.#source().get(id) ?? null)
      if (before === after) continue
      if (!before || !after) this.#note(id, after !== null)
      moves.push({ before, after })
    }
    if (moves.length === 0) return
    if (moves.length > 64 && moves.length * anewShare > this.#size) return this.#sort()
    // A pin holds the old list of blocks.
    this.#blocks = this.#blocks.slice()
    for (const { before, after } of moves) this.#move(before, after)
  }

  #ranks(row: Row<object> | null): Row<object> | null {
    return row?.[2] && this.#by.matches(row[2]) ? row : null
  }

  #note(id: string, came: boolean): void {
    for (const { waiting, left } of this.#pins.values()) {
      if (came) {
        if (!left.delete(id)) waiting.add(id)
      } else if (!waiting.delete(id)) left.add(id)
    }
  }

  #move(before: Row<object> | null, after: Row<object> | null): void {
    if (before && after && this.#compare(before, after) === 0) {
      const at = this.#find(before)
      const block = this.#blocks[at.block]?.slice()
      if (!block) return
      block[at.index] = after
      this.#blocks[at.block] = block
      return
    }
    if (before) this.#remove(before)
    if (after) this.#insert(after)
    this.#version++
  }

  #remove(row: Row<object>): void {
    const at = this.#find(row)
    const block = this.#blocks[at.block]
    if (block?.[at.index]?.[0] !== row[0]) return
    this.#size--
    if (block.length === 1) this.#blocks.splice(at.block, 1)
    else this.#blocks[at.block] = block.toSpliced(at.index, 1)
  }

  #insert(row: Row<object>): void {
    this.#size++
    const at = this.#find(row)
    const block = this.#blocks[at.block]
    if (!block) {
      const last = this.#blocks.at(-1)
      if (last && last.length < blockSize) this.#blocks[this.#blocks.length - 1] = [...last, row]
      else this.#blocks.push([row])
      return
    }
    const grown = block.toSpliced(at.index, 0, row)
    if (grown.length <= blockSize) this.#blocks[at.block] = grown
    else this.#blocks.splice(at.block, 1, grown.slice(0, blockSize / 2), grown.slice(blockSize / 2))
  }

  /** First place whose row does not come before this one. */
  #find(row: Row<object>): { block: number; index: number } {
    const block = lowest(this.#blocks.length, (at) => this.#before(this.#blocks[at]?.at(-1), row))
    const inside = this.#blocks[block] ?? []
    return { block, index: lowest(inside.length, (at) => this.#before(inside[at], row)) }
  }

  #before(probe: Row<object> | undefined, row: Row<object>): boolean {
    return probe !== undefined && this.#compare(probe, row) < 0
  }

  #compare([, , a]: Row<object>, [, , b]: Row<object>): number {
    return a && b ? this.#by.compare(a, b) : 0
  }

  #sort(): void {
    const rows = [...matching(this.#source().values(), this.#by)]
    this.#fill(rows.sort((a, b) => this.#compare(a, b)))
    this.#version++
  }

  #fill(rows: Row<object>[]): void {
    this.#size = rows.length
    this.#blocks = []
    // Not full, so that the first insert into a block does not split it.
    const part = (blockSize * 3) / 4
    for (let from = 0; from < rows.length; from += part) this.#blocks.push(rows.slice(from, from + part))
  }
}

function* matching(rows: Iterable<Row<object>>, { matches }: RankedBy): Generator<Row<object>> {
  for (const row of rows) if (row[2] && matches(row[2])) yield row
}

function lowest(length: number, isBelow: (at: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBelow(middle)) low = middle + 1
    else high = middle
  }
  return low
}

function sliceOf(blocks: readonly Row<object>[][], from: number, count: number): Row<object>[] {
  const rows: Row<object>[] = []
  let start = 0
  for (const block of blocks) {
    const end = start + block.length
    if (end > from) rows.push(...block.slice(Math.max(0, from - start), from + count - start))
    if (rows.length >= count || end >= from + count) break
    start = end
  }
  return rows
}
