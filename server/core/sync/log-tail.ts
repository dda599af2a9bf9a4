/** Where a node stands in the change log (S6): a dense sequence within an epoch that only grows. Pure. */
import type { Cursor } from '../wire.ts'

/** `take`: the next entry. `ignore`: seen before, or of a past epoch. `reload`: take the position, reload, `restart`. */
export type Verdict = 'take' | 'ignore' | 'reload'

export class LogTail {
  #epoch: number
  #last: number
  #reloading = true

  constructor(epoch = 0, last = -1) {
    this.#epoch = epoch
    this.#last = last
  }

  get position(): Cursor {
    return { e: this.#epoch, s: this.#last }
  }

  /** False from a gap or a new epoch until `restart`: nothing may be answered from the views meanwhile. */
  get steady(): boolean {
    return !this.#reloading
  }

  offer(epoch: number, seq: number): Verdict {
    if (epoch < this.#epoch) return 'ignore'
    if (this.#reloading) return 'reload'
    if (epoch === this.#epoch && seq <= this.#last) return 'ignore'
    if (epoch === this.#epoch && seq === this.#last + 1) {
      this.#last = seq
      return 'take'
    }
    this.#reloading = true
    return 'reload'
  }

  /** The epoch is known to have moved although no entry said so (missing key, another run_id). */
  interrupt(): void {
    this.#reloading = true
  }

  /** Position taken BEFORE the views were loaded from the database; a smaller epoch is never taken. */
  restart(epoch: number, seq: number): boolean {
    if (epoch < this.#epoch) return false
    this.#epoch = epoch
    this.#last = seq
    this.#reloading = false
    return true
  }
}

/** The epoch to open after everything that is known of earlier ones: the log's own key, the database, this node. */
export function nextEpoch(...known: readonly (number | null | undefined)[]): number {
  return Math.max(0, ...known.map((epoch) => epoch ?? 0)) + 1
}
