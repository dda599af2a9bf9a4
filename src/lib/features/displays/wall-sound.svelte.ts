import type { Severity } from '#contract/alarms'
import type { Sign, Sounds } from '#contract/displays'
import { Siren } from './siren.svelte.ts'
import { heard, Rhythm } from './sound.ts'

const testPatience = 2_000

/** From counts and settings to what is heard. */
export class WallSound {
  readonly #siren = new Siren()
  readonly #rhythm = new Rhythm()

  /** As the display says it of itself. */
  state(sounds: Sounds): Sign['sound'] {
    return wants(sounds) ? this.#siren.state : 'off'
  }

  /** Once a second. */
  follow(counters: Partial<Record<string, number>>, sounds: Sounds, now: number): void {
    if (!wants(sounds)) return this.#siren.close()
    this.#siren.open()
    const at = new Date(now)
    const severity = heard(counters, sounds, at.getHours() * 60 + at.getMinutes())
    // One that could not be heard is due when it can.
    if (severity !== null && this.#siren.state !== 'on') return
    if (this.#rhythm.due(severity, now) && severity) this.#siren.play(severity, sounds.volume)
  }

  unblock(): Promise<void> {
    return this.#siren.unblock()
  }

  /** The pattern of each chosen severity, one after the other; of the worst one if none is chosen. */
  async test(sounds: Sounds): Promise<void> {
    this.#siren.open()
    await Promise.race([this.unblock(), new Promise((resolve) => setTimeout(resolve, testPatience))])
    const chosen: readonly Severity[] = sounds.severities.length > 0 ? sounds.severities : ['critical']
    for (const severity of chosen) {
      this.#siren.play(severity, sounds.volume)
      await new Promise((resolve) => setTimeout(resolve, testPatience))
    }
    if (!wants(sounds)) this.#siren.close()
  }

  close(): void {
    this.#siren.close()
  }
}

const wants = ({ severities, volume }: Sounds) => severities.length > 0 && volume > 0
