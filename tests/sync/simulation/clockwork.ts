/** Simulated time, chance and their queue: everything that happens in a schedule follows from its seed. */
interface Event {
  at: number
  order: number
  run: () => void
}

export class Clockwork {
  now = 0
  events = 0
  #heap: Event[] = []
  #order = 0
  #state: number

  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 0x9e3779b9) >>> 0
    for (let i = 0; i < 4; i++) this.random()
  }

  random(): number {
    let t = (this.#state = (this.#state + 0x6d2b79f5) >>> 0)
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  chance(p: number): boolean {
    return p > 0 && this.random() < p
  }

  between(low: number, high: number): number {
    return low + this.random() * (high - low)
  }

  below(n: number): number {
    return Math.floor(this.random() * n)
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.below(from.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }

  after(delay: number, run: () => void): void {
    const event = { at: this.now + delay, order: this.#order++, run }
    const heap = this.#heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent]
      if (!above || !before(event, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = event
  }

  /** False when nothing is left. */
  step(): boolean {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!first || !last) return false
    if (heap.length > 0) this.#sink(last)
    this.now = first.at
    this.events++
    first.run()
    return true
  }

  #sink(event: Event): void {
    const heap = this.#heap
    const length = heap.length
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= length) break
      let lesser = heap[child]
      const right = heap[child + 1]
      if (lesser && right && before(right, lesser)) {
        lesser = right
        child++
      }
      if (!lesser || before(event, lesser)) break
      heap[i] = lesser
      i = child
    }
    heap[i] = event
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
