/** Looks at what the providers say, and keeps the desktops true to it. One node does this, the owner of the clock. */
import type { Core } from '../../core/core.ts'
import { codeOf } from '../../fleet/patient.ts'
import type { Providers } from '../../fleet/port/providers.ts'
import type { PowerState } from '../../fleet/provider.ts'
import { holdingProviders, type ProviderStanding } from './contract.ts'
import { DesktopDocs, type DesktopDoc } from './model.ts'
import { needsConfirming, reconciled, silenced, type Seen } from './truth.ts'

type Name = ProviderStanding['provider']
/** Handfuls of real desktops are looked at each second; thousands of simulated ones cost more and matter less. */
const lookEvery: Record<Name, number> = { qemu: 1, simulated: 5 }
const missingMs = 15_000
const mostPerWrite = 300
const tellEveryMs = 30_000

interface Look {
  desktops: Map<string, DesktopDoc>
  answers: boolean | null
  /** Wall clock. */
  since: number
  /** Monotonic. */
  silentFrom: number | null
  busy: boolean
  /** What was seen once and waits to be confirmed. */
  doubts: Map<string, { seen: Seen; from: number }>
}

export class TruthClock {
  readonly #core: Core
  readonly #providers: Providers
  readonly #looks: Map<Name, Look>
  #ticks = 0
  #told = { text: '', at: -Infinity }

  constructor(core: Core, providers: Providers) {
    this.#core = core
    this.#providers = providers
    this.#looks = new Map(
      holdingProviders.map((name) => {
        const nothing = { answers: null, since: 0, silentFrom: null, busy: false }
        return [name, { desktops: new Map<string, DesktopDoc>(), doubts: new Map(), ...nothing }]
      }),
    )
    core.views.onChange((collection, doc) => {
      if (collection.noun !== DesktopDocs.noun) return
      // Nouns name one shape each; a desktop never changes its provider but by being made anew.
      const desktop = doc as DesktopDoc
      for (const [name, { desktops }] of this.#looks) {
        if (name === desktop.provider && !desktop.gone) desktops.set(desktop._id, desktop)
        else desktops.delete(desktop._id)
      }
    })
  }

  /** Every second. A provider that is slow to answer holds up nobody but itself. */
  async tick(): Promise<void> {
    const n = this.#ticks++
    const due = [...this.#looks].filter(
      ([name, look]) => n % lookEvery[name] === 0 && look.desktops.size > 0 && !look.busy,
    )
    await Promise.all(due.map(([name, look]) => this.#lookAt(name, look)))
    this.#tell()
  }

  async #lookAt(name: Name, look: Look): Promise<void> {
    look.busy = true
    try {
      const askedAt = this.#core.clock.now()
      const said = await this.#ask(name)
      if (said) await this.#believe(look, said, askedAt)
      else await this.#silence(name, look)
    } finally {
      look.busy = false
    }
  }

  /** null: it does not answer. */
  async #ask(name: Name): Promise<Map<string, PowerState> | null> {
    try {
      return new Map((await this.#providers.of(name).listDesktops()).map(({ ref, power }) => [ref, power]))
    } catch (error) {
      if (codeOf(error) === null) throw error
      return null
    }
  }

  async #believe(look: Look, said: ReadonlyMap<string, PowerState>, askedAt: number): Promise<void> {
    const now = this.#core.clock.now()
    if (look.answers !== true) Object.assign(look, { answers: true, since: now })
    look.silentFrom = null
    const changed: DesktopDoc[] = []
    for (const doc of look.desktops.values()) {
      // What was written while the answer was on its way knows better.
      if ((doc.writtenAt ?? 0) >= askedAt) continue
      const seen = said.get(doc._id) ?? 'missing'
      if (needsConfirming(doc, seen) && !this.#isConfirmed(look, doc._id, seen)) continue
      look.doubts.delete(doc._id)
      const next = reconciled(doc, seen, now)
      if (next) changed.push(next)
    }
    await this.#write(changed)
  }

  #isConfirmed({ doubts }: Look, id: string, seen: Seen): boolean {
    const now = this.#core.clock.monotonic()
    const doubt = doubts.get(id)
    if (doubt?.seen !== seen) {
      doubts.set(id, { seen, from: now })
      return false
    }
    return seen !== 'missing' || now - doubt.from >= missingMs
  }

  async #silence(name: Name, look: Look): Promise<void> {
    const now = this.#core.clock.monotonic()
    look.silentFrom ??= now
    if (now - look.silentFrom < this.#core.config.PROVIDER_SILENT_SECONDS * 1_000) return
    const since = Math.round(this.#core.clock.now() - (now - look.silentFrom))
    if (look.answers !== false) {
      Object.assign(look, { answers: false, since })
      this.#core.logger.warn({ provider: name, desktops: look.desktops.size }, 'a provider does not answer')
    }
    await this.#write([...look.desktops.values()].flatMap((doc) => silenced(doc, look.since) ?? []))
  }

  /** Whoever was quicker is right; the next look sees. */
  async #write(docs: readonly DesktopDoc[]): Promise<void> {
    for (let at = 0; at < docs.length; at += mostPerWrite) {
      const part = docs.slice(at, at + mostPerWrite)
      await this.#core.changes.write(part.map((doc) => ({ collection: DesktopDocs, doc, base: doc.v })))
    }
  }

  /** Tells every tenant that has such desktops how its providers stand. */
  #tell(): void {
    const standing = [...this.#looks].flatMap(([provider, { answers, since }]): ProviderStanding[] =>
      answers === null ? [] : [{ provider, answers, since, offers: [...this.#providers.of(provider).offers] }],
    )
    const text = JSON.stringify(standing)
    const now = this.#core.clock.monotonic()
    if (text === this.#told.text && now - this.#told.at < tellEveryMs) return
    this.#told = { text, at: now }
    const tenants = new Set<string>()
    for (const { desktops } of this.#looks.values()) for (const { tenant } of desktops.values()) tenants.add(tenant)
    for (const tenant of tenants) this.#core.changes.tell(tenant, 'desktops', 'providers', standing)
  }
}
