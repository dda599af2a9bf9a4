import * as z from 'zod/mini'
import { Proposal, Quality, type Range } from '#contract/alarm-quality'
import type { Problem } from '#wire'
import { asProblem, get } from '../../sync/send.ts'

const Proposals = z.object({ items: z.array(Proposal) })

/** How soon after news the figures are read again, and how often without any. */
const soonMs = 5_000
const idleMs = 30_000

/** Figures and proposals of the period that is shown; read again when the stream of annunciations moves. */
export class QualityFigures {
  quality = $state.raw<Quality | null>(null)
  proposals = $state.raw<readonly Proposal[] | null>(null)
  problem = $state.raw<Problem | null>(null)
  #range: Range = '8h'
  #readAt = 0
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  ask(range: Range) {
    if (range !== this.#range) this.quality = null
    this.#range = range
    void this.read()
  }

  /** Something was annunciated, or a flood began or ended. */
  moved() {
    this.#plan(Math.max(0, this.#readAt + soonMs - Date.now()))
  }

  stop() {
    clearTimeout(this.#timer)
    this.#asked++
  }

  async read(): Promise<void> {
    const asked = ++this.#asked
    this.#readAt = Date.now()
    try {
      const [quality, { items }] = await Promise.all([
        get(`/api/v1/alarm-quality?range=${this.#range}`, Quality),
        get('/api/v1/alarm-proposals', Proposals),
      ])
      if (asked !== this.#asked) return
      this.quality = quality
      this.proposals = items
      this.problem = null
    } catch (error) {
      if (asked === this.#asked) this.problem = asProblem(error)
    }
    if (asked === this.#asked) this.#plan(idleMs)
  }

  #plan(ms: number) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.read(), ms)
  }
}
