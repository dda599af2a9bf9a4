/**
 * Speaks for the guests that have no network: a guest that said READY and echoes what it is told over its serial line
 * is signed in as the desktop's agent; one that falls silent is signed out. Nothing is told that was not heard.
 */
import type { AgentLink } from '../../../agent/link.ts'
import { must } from '../../core/must.ts'
import { fleetAgent, type Surroundings } from '../fleet-agent.ts'
import type { Guest } from './guest.ts'
import type { QemuProvider } from './provider.ts'

const lookMs = 5_000
const echoMs = 2_000
/** Silent so often in a row is silent. */
const mostSilent = 3

interface Voice {
  guest: Guest
  link: AgentLink
  silent: number
  /** Processor time when it was looked at last. */
  used: { seconds: number; at: number } | null
}

export class Voices {
  readonly #provider: QemuProvider
  readonly #around: (tenant: string) => Surroundings | null
  readonly #voices = new Map<string, Voice>()
  readonly #timer: NodeJS.Timeout

  constructor(provider: QemuProvider, around: (tenant: string) => Surroundings | null) {
    this.#provider = provider
    this.#around = around
    this.#timer = setInterval(() => void this.#look(), lookMs)
    void this.#look()
  }

  async #look(): Promise<void> {
    const running = new Map([...this.#provider.running()].map((one) => [one.kept.ref, one]))
    for (const [ref, voice] of this.#voices) if (running.get(ref)?.guest !== voice.guest) this.#end(ref)
    await Promise.all(
      [...running.values()].map(async ({ kept, guest }) => {
        const heard = (await guest.echo(echoMs)) !== null
        const voice = this.#voices.get(kept.ref) ?? (heard ? this.#begin(kept, guest) : undefined)
        if (!voice) return
        voice.silent = heard ? 0 : voice.silent + 1
        if (voice.silent >= mostSilent) this.#end(kept.ref)
        else if (heard) sample(voice)
      }),
    )
  }

  #begin({ ref, tenant, name }: { ref: string; tenant: string; name: string }, guest: Guest): Voice | undefined {
    const around = this.#around(tenant)
    if (!around) return undefined
    const link = fleetAgent({ tenant, name, patch: () => guest.ready?.patch ?? null }, around)
    link.open()
    const voice: Voice = { guest, link, silent: 0, used: null }
    this.#voices.set(ref, voice)
    return voice
  }

  #end(ref: string): void {
    must(this.#voices.get(ref), 'only voices that speak are ended').link.close()
    this.#voices.delete(ref)
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const ref of [...this.#voices.keys()]) this.#end(ref)
  }
}

/** The processor time of its machine, measured from outside: a guest so small measures nothing itself. */
function sample(voice: Voice): void {
  const [seconds, at] = [voice.guest.processorSeconds(), performance.now()]
  if (seconds === null) return
  const { used } = voice
  voice.used = { seconds, at }
  if (!used || at <= used.at) return
  const cpu = Math.min(100, ((seconds - used.seconds) / (at - used.at)) * 100_000)
  voice.link.sample({ at: Date.now(), cpu: Math.round(cpu * 10) / 10 })
}
