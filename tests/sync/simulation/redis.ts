/** The change log of the simulation: epochs, dense sequences, and every way in which Redis forgets. */
import type { Cursor } from '#wire'
import { nextEpoch } from '../../../server/core/sync/log-tail.ts'
import type { Doc } from './documents.ts'
import type { Node } from './node.ts'
import type { World } from './world.ts'

export const failed = Symbol('failed')

export interface Entry {
  e: number
  s: number
  docs: readonly Doc[]
}

export class RedisLog {
  entries: Entry[] = []
  key: { epoch: number; run: number } | null = null
  run = 1
  up = true
  frozenUntil = 0
  lostAnswers = 0
  #world: World

  constructor(world: World) {
    this.#world = world
  }

  call<R>(node: Node, work: () => R, answer: (result: R | typeof failed) => void): void {
    const { clock } = this.#world
    if (!this.#reaches(node)) {
      node.later(clock.between(5, 60), () => answer(failed))
      return
    }
    const wait = Math.max(0, this.frozenUntil - clock.now)
    const late = wait > 3000
    // A command that times out is still in Redis' socket: it happens, and its sender does not know.
    if (late) node.later(3000, () => answer(failed))
    clock.after(wait + clock.between(0.2, 1 + node.publishDelay), () => {
      const reached = this.#reaches(node)
      const result = reached ? work() : failed
      if (late) return
      const lost = reached && clock.chance(this.lostAnswers)
      if (lost) this.#world.hit('redis: answer lost after append')
      node.later(clock.between(0.2, 1), () => answer(lost ? failed : result))
    })
  }

  last(): Entry | undefined {
    return this.entries[this.entries.length - 1]
  }

  /** The script: refuses when the epoch is not known. */
  append(docs: readonly Doc[]): Cursor | null {
    if (!this.key) return null
    const last = this.last()
    const e = this.key.epoch
    const s = last && last.e === e ? last.s + 1 : 0
    this.entries.push({ e, s, docs })
    this.#world.logGrew()
    return { e, s }
  }

  /** Makes sure that the epoch is bound to this run and ahead of what the caller knows. */
  open(known: number): number {
    if (this.key && this.#world.broken === 'S6 restart keeps the epoch') return this.key.epoch
    if (this.key && this.key.run === this.run && this.key.epoch >= known) return this.key.epoch
    const epoch = nextEpoch(this.key?.epoch, known, Math.floor(this.#world.clock.now))
    this.key = { epoch, run: this.run }
    this.entries.push({ e: epoch, s: 0, docs: [] })
    this.#world.logGrew()
    return epoch
  }

  /** At most 20 entries after a position, and when the log has moved on past what is kept, what there is. */
  after(position: Cursor): Entry[] {
    const found: Entry[] = []
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]
      if (!entry || entry.e < position.e || (entry.e === position.e && entry.s <= position.s)) break
      found.push(entry)
    }
    return found.reverse().slice(0, 20)
  }

  kill(): void {
    this.up = false
  }

  /** `keep` of the entries survive; less than all is a restore to an earlier point, with its key of that time. */
  restart(keep: number): void {
    const before = this.entries.length
    this.entries = this.entries.slice(0, Math.floor(before * keep))
    const last = this.last()
    if (!last) this.key = null
    else if (this.key) this.key = { epoch: last.e, run: this.key.epoch === last.e ? this.key.run : -1 }
    this.run++
    this.up = true
  }

  flush(): void {
    this.entries = []
    this.key = null
  }

  trim(keep: number): void {
    if (this.entries.length > keep) this.entries = this.entries.slice(-keep)
  }

  #reaches(node: Node): boolean {
    return this.up && node.redisRun === this.run && !node.cutOff
  }
}
