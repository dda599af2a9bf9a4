const wallZero = Date.now() - performance.now()

/** Counts time asleep too, which performance.now() may not: the greater of both clocks. */
export const steady = () => Math.max(performance.now(), Date.now() - wallZero)

/** One tick a second for all ages on the page, in server time. */
class Now {
  /** Server clock minus ours, ms. */
  skew = 0
  at = $state(Date.now())

  constructor() {
    setInterval(() => this.tick(), 1000)
  }

  tick() {
    this.at = Date.now() + this.skew
  }

  heard(serverTime: number) {
    const skew = serverTime - Date.now()
    this.skew = Math.abs(skew) < 1500 ? 0 : skew
  }
}

export const now = new Now()
