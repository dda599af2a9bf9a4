/** What an agent must not forget: its secret, and the credential it got for it. One file per desktop, readable by its owner only. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'

const State = z.object({ secret: z.string(), credential: z.optional(z.string()) })
export type State = z.infer<typeof State>

export class StateFile {
  readonly #path: string

  constructor(folder: string, desktop: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#path = join(folder, `${encodeURIComponent(desktop.toLowerCase())}.json`)
  }

  /** The secret is on disk before it is ever sent: a lost answer can be asked for again. */
  open(): State {
    const text = this.#read()
    if (text !== null) return State.parse(JSON.parse(text))
    const state = { secret: randomBytes(32).toString('base64url') }
    this.save(state)
    return state
  }

  save(state: State): void {
    const part = `${this.#path}.part`
    writeFileSync(part, JSON.stringify(state), { mode: 0o600 })
    renameSync(part, this.#path)
  }

  #read(): string | null {
    try {
      return readFileSync(this.#path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }
  }
}
