/** How far a step is: never going back, 100 only when it ended, with a rate over the last seconds and what is left. */

export interface Reading {
  percent: number
  bytesDone: number | null
  bytesTotal: number | null
  rate: number | null
  leftMs: number | null
}

const rateWindowMs = 5_000

export class Progress {
  readonly #now: () => number
  #part = 0
  #bytes: { done: number; total: number } | null = null
  #samples: { at: number; part: number }[] = []
  /** When it last moved: a step that stands still for too long has failed. */
  movedAt: number
  changed = false

  constructor(now: () => number) {
    this.#now = now
    this.movedAt = now()
  }

  take(done: number, total: number, unit: 'bytes' | 'parts' = 'bytes'): void {
    if (!(total > 0) || !(done >= 0)) return
    const part = Math.min(done / total, 1)
    if (part <= this.#part && !(part === this.#part && this.#bytes === null && unit === 'bytes')) return
    const now = this.#now()
    this.#part = part
    if (unit === 'bytes') this.#bytes = { done: Math.min(done, total), total }
    this.movedAt = now
    this.changed = true
    this.#samples.push({ at: now, part })
    while (this.#samples.length > 2 && (this.#samples[0]?.at ?? now) < now - rateWindowMs) this.#samples.shift()
  }

  read(): Reading {
    const perMs = this.#perMs()
    return {
      percent: Math.min(99.9, Math.floor(this.#part * 1000) / 10),
      bytesDone: this.#bytes ? Math.round(this.#bytes.done) : null,
      bytesTotal: this.#bytes?.total ?? null,
      rate: perMs !== null && this.#bytes ? Math.round(perMs * 1000 * this.#bytes.total) : null,
      leftMs: perMs ? Math.round((1 - this.#part) / perMs) : null,
    }
  }

  #perMs(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (!first || !last || last.at <= first.at) return null
    return (last.part - first.part) / (last.at - first.at)
  }
}
