import type { Clock } from '../core/clock.ts'

/** Token bucket: `rate` a second on average, `burst` at once. */
export class Allowance {
  #left: number
  #at: number
  #rate: number
  #burst: number
  #clock: Clock

  constructor(rate: number, burst: number, clock: Clock) {
    this.#rate = rate
    this.#burst = burst
    this.#clock = clock
    this.#left = burst
    this.#at = clock.monotonic()
  }

  /** 0: taken; otherwise ms until there is room again. */
  take(): number {
    const now = this.#clock.monotonic()
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#rate)
    this.#at = now
    if (this.#left < 1) return Math.ceil(((1 - this.#left) / this.#rate) * 1000)
    this.#left -= 1
    return 0
  }
}
