/** Faults on the way to a console, seeded, counted, and switched off for the rest at the end. */
import { Clockwork } from '../simulation/clockwork.ts'

export class Faults {
  readonly hits: Record<string, number> = {}
  readonly chance: Clockwork
  on = true

  constructor(seed: number) {
    this.chance = new Clockwork(seed)
  }

  drops(kind: 'frame' | 'heartbeat'): boolean {
    return this.#happens(`${kind} dropped`, 0.08)
  }

  doubles(): boolean {
    return this.#happens('frame doubled', 0.08)
  }

  hit(fault: string): void {
    this.hits[fault] = (this.hits[fault] ?? 0) + 1
  }

  #happens(fault: string, p: number): boolean {
    // The first for certain: a short run must not miss a kind by luck.
    if (!this.on || (this.hits[fault] && !this.chance.chance(p))) return false
    this.hit(fault)
    return true
  }
}
