/**
 * Keeps the single samples of a report before memory forgets them: what this node has, at the report and again when
 * the time after it has passed. Fed by the views, never by the intake; a flood is worked off at a bounded pace.
 */
import type { Core } from '../../core/core.ts'
import type { Episode } from '../alarms/service.ts'
import { pack } from './columns.ts'
import { frozenMs, keep, noteDue, type FrozenPart } from './frozen.ts'
import { placesOf, type Places } from './places.ts'
import { scalesOf, type Subject } from './points.ts'
import type { Samples } from './samples.ts'

const atOnce = 300
/** Beyond so many at a time only minutes are kept. */
const mostRecent = 50_000
/** A sample that was on its way is in. */
const settledMs = 2_000
/** Whoever becomes the owner of the clock may still have to note them. */
const recentMs = frozenMs + 2 * 60_000

interface Recent {
  episode: Episode
  begun: boolean
  ended: boolean
  noted: boolean
}

export class Freezer {
  readonly #core: Pick<Core, 'views' | 'clock' | 'db' | 'logger'>
  readonly #samples: Samples
  #recent = new Map<string, Recent>()
  #working = false

  constructor(core: Pick<Core, 'views' | 'clock' | 'db' | 'logger'>, samples: Samples) {
    this.#core = core
    this.#samples = samples
  }

  /** Must cost nothing: called for every alarm that begins, also while the views are loaded. */
  note(episode: Episode): void {
    if (episode.raisedAt < this.#core.clock.now() - recentMs) return
    if (this.#recent.size >= mostRecent || this.#recent.has(episode.id)) return
    this.#recent.set(episode.id, { episode, begun: false, ended: false, noted: false })
  }

  get waiting(): number {
    return this.#recent.size
  }

  /** On every node, about once a second. */
  async step(): Promise<void> {
    if (this.#working) return
    this.#working = true
    try {
      const now = this.#core.clock.now()
      const all = [...this.#recent.values()]
      await this.#keep(
        all.filter(({ begun, episode }) => !begun && episode.raisedAt <= now - settledMs),
        'Before',
      )
      await this.#keep(
        all.filter(({ ended, episode }) => !ended && episode.raisedAt + frozenMs <= now - settledMs),
        'After',
      )
      for (const [id, { episode, ended }] of this.#recent)
        if (ended && episode.raisedAt < now - recentMs) this.#recent.delete(id)
    } finally {
      this.#working = false
    }
  }

  /** By the owner of the clock alone. */
  async noteDue(): Promise<void> {
    const fresh = [...this.#recent.values()].filter(({ noted }) => !noted).slice(0, 10 * atOnce)
    const known = fresh.filter(({ episode }) => isKnown(placesOf(this.#core, episode)))
    for (let at = 0; at < known.length; at += atOnce)
      await noteDue(
        this.#core.db,
        known.slice(at, at + atOnce).map(({ episode }) => episode),
      )
    for (const recent of fresh) recent.noted = true
  }

  async #keep(waiting: readonly Recent[], half: 'Before' | 'After'): Promise<void> {
    const part = waiting.slice(0, atOnce)
    const found = part.flatMap(({ episode }) => {
      const set = this.#partOf(episode, half)
      return set ? [{ episode, set }] : []
    })
    await keep(this.#core.db, found)
    for (const recent of part) recent[half === 'Before' ? 'begun' : 'ended'] = true
  }

  #partOf(episode: Episode, half: 'Before' | 'After'): FrozenPart | null {
    const places = placesOf(this.#core, episode)
    const set: FrozenPart = {}
    for (const subject of ['desktop', 'host'] as const) {
      const id = places[subject]
      const packed = id === null ? null : this.#packed(subject, id, episode.raisedAt, half)
      if (packed) set[`${subject}${half}`] = packed
      if (packed && subject === 'desktop' && this.#samples.rings.desktop.isSkewed(places.desktop ?? ''))
        set.skewed = true
    }
    return Object.keys(set).length ? { ...set, ...places } : null
  }

  #packed(subject: Subject, id: string, raisedAt: number, half: 'Before' | 'After'): Buffer | null {
    const [from, to] = half === 'Before' ? [raisedAt - frozenMs, raisedAt] : [raisedAt + 1, raisedAt + frozenMs]
    const points = this.#samples.rings[subject].within(id, from, to)
    return points.length ? pack(points, scalesOf[subject]) : null
  }
}

const isKnown = ({ desktop, host }: Places) => desktop !== null || host !== null
