/** Time as a dependency, so that tests and the simulation can own it. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  now: () => number
  /** Never goes back, ms from an arbitrary start. */
  monotonic: () => number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
