/** The database of the simulation: compare-and-set by `{_id, v}`, unique inserts, answers that may get lost. */
import type { World } from './world.ts'
import type { Act, Doc, Outcome, Report } from './documents.ts'
import type { Node } from './node.ts'

/** The answer was lost: the call may or may not have happened. */
export const unknown = Symbol('unknown')

export interface CommandRecord {
  act: Act
  owner: string
  attempt: number
  outcome: Outcome | null
  done: boolean
}

export interface IntakeRecord {
  owner: string
  n: number
  reports: readonly Report[]
}

export interface Lease {
  n: number
  behind: number
  holder: string
  redone: boolean
}

export class Database {
  docs = new Map<string, Doc>()
  /** Every version ever committed, oldest first. */
  history = new Map<string, { at: number; doc: Doc }[]>()
  commands = new Map<string, CommandRecord>()
  intake = new Map<string, IntakeRecord>()
  /** Report → batch that brought it. */
  reports = new Map<string, string>()
  leases = new Map<string, Lease>()
  down = false
  lostAnswers = 0
  lostRequests = 0
  #world: World

  constructor(world: World) {
    this.#world = world
  }

  call<R>(node: Node, work: () => R, answer: (result: R | typeof unknown) => void): void {
    const { clock } = this.#world
    if (this.down) {
      node.later(clock.between(40, 90), () => answer(unknown))
      return
    }
    if (clock.chance(this.lostRequests)) {
      this.#world.hit('database: request lost')
      node.later(clock.between(40, 90), () => answer(unknown))
      return
    }
    clock.after(clock.between(0.5, 4), () => {
      if (this.down) {
        node.later(clock.between(40, 90), () => answer(unknown))
        return
      }
      const result = work()
      const lost = clock.chance(this.lostAnswers)
      if (lost) this.#world.hit('database: answer lost after commit')
      node.later(lost ? clock.between(40, 90) : clock.between(0.5, 3), () => answer(lost ? unknown : result))
    })
  }

  /** Base 0: must not exist yet. */
  compareAndSet(doc: Doc): boolean {
    const before = this.docs.get(doc.id)
    if ((before?.v ?? 0) !== doc.v - 1) return false
    this.commit(doc)
    return true
  }

  /** Without looking at the version: what a rule broken on purpose does. */
  overwrite(doc: Doc): boolean {
    this.commit({ ...doc, v: (this.docs.get(doc.id)?.v ?? 0) + 1 })
    return true
  }

  commit(doc: Doc): void {
    this.docs.set(doc.id, doc)
    const versions = this.history.get(doc.id)
    const version = { at: this.#world.clock.now, doc }
    if (versions) versions.push(version)
    else this.history.set(doc.id, [version])
  }
}
