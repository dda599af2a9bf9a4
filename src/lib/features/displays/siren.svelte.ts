/** Plays the patterns through the browser, and owns up when the browser keeps them back. */
import type { Severity } from '#contract/alarms'
import { patterns } from './sound.ts'

/** Soft edges: a tone cut off clicks. */
const edge = 0.015

export class Siren {
  /** `blocked`: the browser waits for somebody to touch this page before it lets it be heard. */
  state = $state<'off' | 'on' | 'blocked'>('off')
  #context: AudioContext | null = null

  /** Asks the browser early, so that a screen says that it is silent before it matters. */
  open(): void {
    if (this.#context) return
    const context = new AudioContext()
    this.#context = context
    context.onstatechange = () => this.#look()
    this.#look()
    void this.unblock()
  }

  close(): void {
    const context = this.#context
    this.#context = null
    this.state = 'off'
    if (context) void context.close()
  }

  /** Does something only from within a touch or key, where the browser asks for one. */
  async unblock(): Promise<void> {
    // It stays open until somebody touches the page: nobody may wait for it.
    await this.#context?.resume()
  }

  /** Volume: 0–100. */
  play(severity: Severity, volume: number): void {
    const context = this.#context
    if (context?.state !== 'running') return
    const start = context.currentTime + 0.05
    for (const { hz, at, for: long } of patterns[severity].tones) {
      const tone = new OscillatorNode(context, { frequency: hz, type: 'triangle' })
      const gain = new GainNode(context, { gain: 0 })
      const from = start + at
      gain.gain.setValueAtTime(0, from)
      gain.gain.linearRampToValueAtTime((volume / 100) ** 2, from + edge)
      gain.gain.setValueAtTime((volume / 100) ** 2, from + long - edge)
      gain.gain.linearRampToValueAtTime(0, from + long)
      tone.connect(gain).connect(context.destination)
      tone.onended = () => gain.disconnect()
      tone.start(from)
      tone.stop(from + long)
    }
  }

  #look(): void {
    if (this.#context) this.state = this.#context.state === 'running' ? 'on' : 'blocked'
  }
}
