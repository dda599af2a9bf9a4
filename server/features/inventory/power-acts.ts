/**
 * Carries out the power acts that people began. One node does this, the owner of the clock; one that takes over asks for
 * the same acts under the same names, so that each is done once.
 */
import type { Core } from '../../core/core.ts'
import { settleOne } from '../../core/one.ts'
import { codeOf, patiently } from '../../fleet/patient.ts'
import type { Providers } from '../../fleet/port/providers.ts'
import type { PowerState } from '../../fleet/provider.ts'
import { DesktopDocs, type DesktopDoc, type PowerActing } from './model.ts'
import { failed, started, stopped } from './power-decide.ts'

/** A machine that is started costs the host; a simulated one does not. */
const mostAtOnce: Record<string, number> = { qemu: 4, simulated: 100 }

export class PowerActs {
  readonly #core: Core
  readonly #providers: Providers
  /** Desktops with an act, by id. */
  readonly #standing = new Map<string, DesktopDoc>()
  readonly #running = new Set<string>()
  readonly #perProvider = new Map<string, number>()
  readonly #stop = new AbortController()

  constructor(core: Core, providers: Providers) {
    this.#core = core
    this.#providers = providers
    core.views.onChange((collection, doc) => {
      if (collection.noun !== DesktopDocs.noun) return
      // Nouns name one shape each.
      const desktop = doc as DesktopDoc
      if (desktop.act && !desktop.gone) this.#standing.set(desktop._id, desktop)
      else this.#standing.delete(desktop._id)
    })
  }

  /** Begins what is not begun yet; does not wait for it. */
  tick(): void {
    for (const desktop of this.#standing.values()) {
      const { act, provider } = desktop
      if (!act || (this.#perProvider.get(provider) ?? 0) >= (mostAtOnce[provider] ?? 1)) continue
      const name = nameOf(act)
      if (this.#running.has(name)) continue
      this.#running.add(name)
      this.#count(provider, 1)
      void this.#carryOut(desktop, act).finally(() => {
        this.#running.delete(name)
        this.#count(provider, -1)
      })
    }
  }

  /** What is under way goes on in the fleet process; the next node hears how it ended. */
  stop(): void {
    this.#stop.abort()
  }

  async #carryOut(desktop: DesktopDoc, act: PowerActing): Promise<void> {
    try {
      const outcome = await this.#ask(desktop, act)
      if (this.#stop.signal.aborted) return
      const now = this.#core.clock.now()
      await settleOne(this.#core, DesktopDocs, desktop._id, (doc) => {
        if (outcome) return failed(doc, act, outcome, now)
        return act.starting ? started(doc, act) : stopped(doc, act, now)
      })
    } catch (error) {
      this.#core.logger.error({ err: error, desktop: desktop._id }, 'the end of a power act could not be written')
    }
  }

  /** null: done. */
  async #ask(desktop: DesktopDoc, act: PowerActing): Promise<{ code: string; message: string } | null> {
    const { _id: ref, provider: name } = desktop
    try {
      const provider = this.#providers.of(name)
      const long = { op: nameOf(act), signal: this.#stop.signal, onProgress: () => undefined }
      const graceMs = act.forced ? 0 : this.#core.config.POWER_GRACE_SECONDS * 1_000
      const how = { force: act.forced, graceMs }
      await patiently(long, (one) => (act.starting ? provider.start(ref, one) : provider.stop(ref, how, one)))
      return null
    } catch (error) {
      if (this.#stop.signal.aborted) return null
      const code = codeOf(error) ?? 'provider.fault'
      // Done already: by an earlier asking whose answer was lost, or from inside the guest.
      if (code === 'provider.state' && (await this.#isAlready(name, ref, act.starting ? 'running' : 'off'))) return null
      if (code === 'provider.fault')
        this.#core.logger.error({ err: error, desktop: ref, verb: act.verb }, 'a power act failed')
      return { code, message: error instanceof Error ? error.message : 'unknown' }
    }
  }

  async #isAlready(provider: string, ref: string, wanted: PowerState): Promise<boolean> {
    try {
      return (await this.#providers.of(provider).probe(ref)).power === wanted
    } catch (error) {
      this.#core.logger.debug({ err: error, desktop: ref }, 'a desktop could not be probed')
      return false
    }
  }

  #count(provider: string, by: number): void {
    this.#perProvider.set(provider, (this.#perProvider.get(provider) ?? 0) + by)
  }
}

const nameOf = (act: PowerActing) => `${act.op}:${act.starting ? 'start' : 'stop'}`
