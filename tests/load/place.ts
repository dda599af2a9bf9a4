/** One client's place in a room: its cursor and the versions it shows. It resumes as the product's own client does. */
import type { Cursor, Frame, SubAnswer } from '#wire'
import type { Tally } from './tally.ts'

export class Place {
  #room = ''
  #e = 0
  #s = -1
  #resuming = false
  readonly versions = new Map<string, number>()

  get cursor(): Cursor {
    return { e: this.#e, s: this.#s }
  }

  answer(answer: SubAnswer): void {
    this.#resuming = false
    if (!('rows' in answer)) return
    this.#room = answer.r
    this.#s = this.#e === answer.e ? Math.max(this.#s, answer.s) : answer.s
    this.#e = answer.e
    for (const [id, v] of answer.rows) this.#take(id, v)
  }

  /** False: something is missing, subscribe again from the cursor. */
  frame(frame: Frame, tally: Tally): boolean {
    if (frame.e !== this.#e || frame.p > this.#s) {
      tally.gaps++
      return this.#alreadyResuming()
    }
    if (frame.s <= this.#s) return true
    this.#s = frame.s
    for (const [id, v] of frame.d) {
      if (v < (this.versions.get(id) ?? 0)) tally.inversions++
      this.#take(id, v)
    }
    return true
  }

  behind(heads: Record<string, number>): boolean {
    return (heads[this.#room] ?? -1) > this.#s && !this.#alreadyResuming()
  }

  #alreadyResuming(): boolean {
    const before = this.#resuming
    this.#resuming = true
    return before
  }

  #take(id: string, v: number): void {
    if (v > (this.versions.get(id) ?? -1)) this.versions.set(id, v)
  }
}
