import * as z from 'zod/mini'
import type { Problem } from '#wire'
import { asProblem, get } from '../../sync/send.ts'

const Page = z.object({ attempt: z.number(), text: z.string(), offset: z.number(), next: z.number() })
const dayMs = 24 * 3600_000

export interface LogLine {
  /** ms; null: the line says none. */
  at: number | null
  kind: 'text' | 'command' | 'warning'
  text: string
}

/** `08:14:02.113 text`: the time of day in UTC, of an attempt that began at `begun`. */
export function logLine(line: string, begun: number): LogLine {
  const [, hours, minutes, seconds, text] = /^(\d\d):(\d\d):(\d\d(?:\.\d+)?) (.*)$/s.exec(line) ?? []
  const said = text ?? line
  const kind = said.startsWith('warning: ') ? 'warning' : said.startsWith('$ ') ? 'command' : 'text'
  if (text === undefined) return { at: null, kind, text: line }
  const day = Math.floor(begun / dayMs) * dayMs
  const at = day + (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  // The clocks of worker and database may differ by seconds; a day is what tells midnight.
  return { at: at < begun - dayMs / 2 ? at + dayMs : at, kind, text: said }
}

/** The log of one attempt as far as it is here; only what came since is asked for. */
export class OrderLog {
  lines = $state.raw<readonly LogLine[]>([])
  problem = $state.raw<Problem | null>(null)
  /** Bytes that are here. */
  size = $state(0)
  /** Read at least once. */
  known = $state(false)
  readonly #path: string
  readonly #attempt: number
  readonly #begun: number
  #text = ''
  #busy = false
  #again = false
  #stopped = new AbortController()

  constructor(id: string, attempt: number, begun: number) {
    this.#path = `/api/v1/work-orders/${encodeURIComponent(id)}/log`
    this.#attempt = attempt
    this.#begun = begun
  }

  stop() {
    this.#stopped.abort()
  }

  /** Everything that was written meanwhile. */
  async read(): Promise<void> {
    if (this.#busy) {
      this.#again = true
      return
    }
    this.#busy = true
    try {
      do {
        this.#again = false
        while (await this.#page());
      } while (this.#again)
      this.problem = null
      this.known = true
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.problem = asProblem(error)
    } finally {
      this.#busy = false
    }
  }

  /** As a file. */
  text = () => this.#text

  async #page(): Promise<boolean> {
    const { signal } = this.#stopped
    const page = await get(`${this.#path}?attempt=${this.#attempt}&offset=${this.size}`, Page, signal)
    if (signal.aborted || page.next <= this.size) return false
    this.#text += page.text
    this.size = page.next
    const whole = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1)
    this.lines = whole
      .split('\n')
      .slice(0, -1)
      .map((line, index) => this.lines[index] ?? logLine(line, this.#begun))
    return true
  }
}
