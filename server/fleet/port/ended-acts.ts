/** The outcomes of acts, on disk before they are told: asked again after any crash, an act is answered, not done again. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import type { Outcome } from './wire.ts'

interface Ended {
  op: string
  /** What was asked: another act under the same name is refused. */
  asked: string
  at: number
  outcome: Outcome
}
const keptMs = 24 * 3_600_000
const mostKept = 5_000

export class EndedActs {
  readonly #file: number
  readonly #ended = new Map<string, Ended>()

  constructor(path: string, now = Date.now()) {
    for (const one of existsSync(path) ? readLines(path) : []) {
      if (now - one.at < keptMs) this.#ended.set(one.op, one)
    }
    this.#trim()
    writeFileSync(`${path}.part`, [...this.#ended.values()].map(line).join(''), { mode: 0o600 })
    renameSync(`${path}.part`, path)
    this.#file = openSync(path, 'a', 0o600)
  }

  get(op: string): Ended | undefined {
    return this.#ended.get(op)
  }

  /** Throws when it could not be written (a full disk): then it is remembered, but not beyond a crash. */
  add(op: string, asked: string, outcome: Outcome): void {
    const one = { op, asked, at: Date.now(), outcome }
    this.#ended.set(op, one)
    this.#trim()
    writeSync(this.#file, line(one))
    fsyncSync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }

  #trim(): void {
    for (const op of this.#ended.keys()) {
      if (this.#ended.size <= mostKept) return
      this.#ended.delete(op)
    }
  }
}

const line = (one: Ended) => `${JSON.stringify(one)}\n`

function readLines(path: string): Ended[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        // Written by ourselves; the last line may have been cut by a crash.
        return [JSON.parse(text) as Ended]
      } catch {
        return []
      }
    })
}
