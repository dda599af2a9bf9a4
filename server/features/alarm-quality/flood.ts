/** When a tenant's operators are flooded, by ISA-18.2 and EEMUA 191: pure, so that a restart decides the same again. */

export interface FloodLimits {
  windowMs: number
  /** Annunciations in the window and operator position above which a flood begins, below which it ends. */
  begin: number
  end: number
}

/** How fine the window moves. */
const parts = 60

/** Annunciations by time, as finely as the window asks. Those that may still be asked for are kept. */
export class Annunciations {
  readonly #widthMs: number
  readonly #windowMs: number
  #byPart = new Map<number, number>()

  constructor(windowMs: number) {
    this.#windowMs = windowMs
    this.#widthMs = windowMs / parts
  }

  add(at: number, n: number): void {
    const part = this.#partOf(at)
    this.#byPart.set(part, (this.#byPart.get(part) ?? 0) + n)
  }

  /** In the window that ends now. */
  recent(now: number): number {
    return this.since(now - this.#windowMs)
  }

  since(at: number): number {
    const first = this.#partOf(at)
    let sum = 0
    for (const [part, n] of this.#byPart) if (part > first) sum += n
    return sum
  }

  /** Nothing before that moment is asked for any more. */
  forget(before: number): void {
    const limit = this.#partOf(before)
    for (const part of this.#byPart.keys()) if (part < limit) this.#byPart.delete(part)
  }

  #partOf(at: number): number {
    return Math.floor(at / this.#widthMs)
  }
}

export interface Flood {
  since: number
  /** Its alarms are counted from here: the window that made it a flood belongs to it. */
  from: number
  /** Most annunciations in one window. */
  peak: number
}

export interface PastFlood {
  since: number
  until: number
  alarms: number
  peak: number
}

/** What the clock says of a tenant now; the same flood again when nothing changed. */
export function floodAfter(
  flood: Flood | null,
  recent: number,
  now: number,
  positions: number,
  limits: FloodLimits,
): Flood | null {
  if (flood) return recent < limits.end * positions ? null : flood
  return recent > limits.begin * positions ? { since: now, from: now - limits.windowMs, peak: recent } : null
}

/** Of the time between two moments, how much was spent in flood. */
export function floodedMs(
  past: readonly Pick<PastFlood, 'since' | 'until'>[],
  open: Pick<Flood, 'since'> | null,
  from: number,
  to: number,
): number {
  const all = open ? [...past, { since: open.since, until: to }] : past
  return all.reduce((sum, { since, until }) => sum + Math.max(0, Math.min(until, to) - Math.max(since, from)), 0)
}
