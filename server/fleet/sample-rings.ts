/**
 * The last hour of resource samples of each desktop connected to this node, in memory only. Columns of floats, grown
 * as needed: 2,000 desktops at one sample in 15 s take about 25 MB, an agent with one a second 160 KB.
 */
import type { Sample } from '#contract/inventory'

const fields = ['cpu', 'memory', 'disk', 'gpu', 'fps', 'skipped', 'rtt', 'jitter', 'loss', 'bandwidth'] as const
const horizonMs = 60 * 60_000
const firstSlots = 64
const mostSlots = 3_600
const leastApartMs = 900

class Ring {
  #at = new Float64Array(firstSlots)
  #values = new Float32Array(firstSlots * fields.length)
  #next = 0
  #used = 0

  get slots(): number {
    return this.#at.length
  }
  get lastAt(): number {
    return this.#used ? (this.#at[(this.#next + this.slots - 1) % this.slots] ?? 0) : -Infinity
  }
  /** The slot to be overwritten next still lies within the hour. */
  wantsRoom(now: number): boolean {
    return this.#used === this.slots && this.slots < mostSlots && (this.#at[this.#next] ?? 0) > now - horizonMs
  }

  grow(): void {
    const kept = [...this.#order()]
    const at = new Float64Array(Math.min(mostSlots, this.slots * 2))
    const values = new Float32Array(at.length * fields.length)
    for (const [to, from] of kept.entries()) {
      at[to] = this.#at[from] ?? 0
      values.set(this.#values.subarray(from * fields.length, (from + 1) * fields.length), to * fields.length)
    }
    this.#at = at
    this.#values = values
    this.#next = kept.length % at.length
  }

  put(sample: Sample, now: number): void {
    this.#at[this.#next] = now
    for (const [column, field] of fields.entries()) {
      this.#values[this.#next * fields.length + column] = sample[field] ?? NaN
    }
    this.#next = (this.#next + 1) % this.slots
    this.#used = Math.min(this.#used + 1, this.slots)
  }

  *since(from: number): Generator<Sample> {
    for (const slot of this.#order()) {
      const at = this.#at[slot] ?? 0
      if (at < from) continue
      const sample: Sample = { at }
      for (const [column, field] of fields.entries()) {
        const value = this.#values[slot * fields.length + column] ?? NaN
        if (!Number.isNaN(value)) sample[field] = Math.round(value * 1000) / 1000
      }
      yield sample
    }
  }

  *#order(): Generator<number> {
    const oldest = (this.#next + this.slots - this.#used) % this.slots
    for (let n = 0; n < this.#used; n++) yield (oldest + n) % this.slots
  }
}

export class SampleRings {
  #rings = new Map<string, Ring>()
  #slots = 0
  #mostSlots: number

  /** `mostSlots` bounds the whole: beyond it rings stop growing and keep less than an hour. */
  constructor(mostSlots = 2_000_000) {
    this.#mostSlots = mostSlots
  }

  /** Kept by the time of receipt (the sender's clock may be wrong), at most one a second. */
  put(desktop: string, sample: Sample, now: number): boolean {
    let ring = this.#rings.get(desktop)
    if (!ring) {
      if (this.#slots + firstSlots > this.#mostSlots) return false
      this.#rings.set(desktop, (ring = new Ring()))
      this.#slots += ring.slots
    }
    if (now - ring.lastAt < leastApartMs) return false
    if (ring.wantsRoom(now) && this.#slots + ring.slots <= this.#mostSlots) {
      this.#slots -= ring.slots
      ring.grow()
      this.#slots += ring.slots
    }
    ring.put(sample, now)
    return true
  }

  since(desktop: string, from: number): Sample[] {
    return [...(this.#rings.get(desktop)?.since(from) ?? [])]
  }

  /** Forgets desktops that sent nothing for an hour. */
  trim(now: number): void {
    for (const [desktop, ring] of this.#rings) {
      if (ring.lastAt > now - horizonMs) continue
      this.#slots -= ring.slots
      this.#rings.delete(desktop)
    }
  }
}
