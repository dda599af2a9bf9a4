/**
 * The last hour of each desktop or host that is connected to this node, in memory only. Columns of floats, grown as
 * needed: 2,000 desktops at one sample in 20 s take 28 MB, an agent with one a second 170 KB.
 */
import type { Point } from './points.ts'

const horizonMs = 60 * 60_000
const firstSlots = 64
const mostSlots = 3_600
const leastApartMs = 900
/** A sender's clock that is further off is said to be wrong. */
const skewMs = 5 * 60_000

class Ring {
  readonly #width: number
  #at = new Float64Array(firstSlots)
  #values: Float32Array
  #next = 0
  #used = 0
  skewed = false

  constructor(width: number) {
    this.#width = width
    this.#values = new Float32Array(firstSlots * width)
  }

  get slots(): number {
    return this.#at.length
  }
  get lastAt(): number {
    return this.#used ? (this.#at[this.#slot(this.#used - 1)] ?? 0) : -Infinity
  }
  /** The slot to be overwritten next still lies within the hour. */
  wantsRoom(now: number): boolean {
    return this.#used === this.slots && this.slots < mostSlots && (this.#at[this.#next] ?? 0) > now - horizonMs
  }

  grow(): void {
    const at = new Float64Array(Math.min(mostSlots, this.slots * 2))
    const values = new Float32Array(at.length * this.#width)
    for (let n = 0; n < this.#used; n++) {
      const from = this.#slot(n)
      at[n] = this.#at[from] ?? 0
      values.set(this.#values.subarray(from * this.#width, (from + 1) * this.#width), n * this.#width)
    }
    this.#next = this.#used % at.length
    this.#at = at
    this.#values = values
  }

  put({ at, values }: Point): void {
    this.#at[this.#next] = at
    for (let column = 0; column < this.#width; column++)
      this.#values[this.#next * this.#width + column] = values[column] ?? NaN
    this.#next = (this.#next + 1) % this.slots
    this.#used = Math.min(this.#used + 1, this.slots)
  }

  /** From the newest back: what is asked for is mostly recent. */
  within(from: number, to: number): Point[] {
    const found: Point[] = []
    for (let n = this.#used - 1; n >= 0; n--) {
      const slot = this.#slot(n)
      const at = this.#at[slot] ?? 0
      if (at < from) break
      if (at <= to) found.push({ at, values: this.#valuesAt(slot) })
    }
    return found.reverse()
  }

  #valuesAt(slot: number): (number | null)[] {
    return Array.from({ length: this.#width }, (_, column) => {
      const value = this.#values[slot * this.#width + column] ?? NaN
      return Number.isNaN(value) ? null : Math.round(value * 1000) / 1000
    })
  }

  /** Slot of the n-th oldest. */
  #slot(n: number): number {
    return (this.#next + this.slots - this.#used + n) % this.slots
  }
}

export class Rings {
  readonly #width: number
  readonly #mostSlots: number
  #rings = new Map<string, Ring>()
  #slots = 0

  /** `mostBytes` bounds the whole: beyond it rings stop growing and keep less than an hour. */
  constructor(width: number, mostBytes: number) {
    this.#width = width
    this.#mostSlots = Math.floor(mostBytes / (8 + 4 * width))
  }

  /** Kept by the time of receipt (`sentAt`, the sender's clock, may be wrong), at most one a second. */
  put(id: string, point: Point, sentAt: number): boolean {
    let ring = this.#rings.get(id)
    if (!ring) {
      if (this.#slots + firstSlots > this.#mostSlots) return false
      this.#rings.set(id, (ring = new Ring(this.#width)))
      this.#slots += ring.slots
    }
    if (point.at - ring.lastAt < leastApartMs) return false
    if (ring.wantsRoom(point.at) && this.#slots + ring.slots <= this.#mostSlots) {
      this.#slots -= ring.slots
      ring.grow()
      this.#slots += ring.slots
    }
    ring.put(point)
    ring.skewed = Math.abs(point.at - sentAt) > skewMs
    return true
  }

  has(id: string): boolean {
    return this.#rings.has(id)
  }
  ids(): string[] {
    return [...this.#rings.keys()]
  }
  isSkewed(id: string): boolean {
    return this.#rings.get(id)?.skewed ?? false
  }
  lastAt(id: string): number {
    return this.#rings.get(id)?.lastAt ?? -Infinity
  }

  /** In order of time, both ends included. */
  within(id: string, from: number, to = Infinity): Point[] {
    return this.#rings.get(id)?.within(from, to) ?? []
  }

  /** Forgets those that sent nothing for an hour. */
  trim(now: number): void {
    for (const [id, ring] of this.#rings) {
      if (ring.lastAt > now - horizonMs) continue
      this.#slots -= ring.slots
      this.#rings.delete(id)
    }
  }
}
