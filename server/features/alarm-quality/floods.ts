/** Floods of every tenant: counted on each node alike, decided and told by the one that owns the clock. */
import type { Core } from '../../core/core.ts'
import type { AlarmDoc } from '../alarms/service.ts'
import type { FloodNow } from './contract.ts'
import { Annunciations, floodAfter, type Flood, type FloodLimits } from './flood.ts'
import { FloodDocs, floodsId, SettingsDocs, settingsId, type FloodDoc } from './model.ts'

type Parts = Pick<Core, 'views' | 'changes' | 'clock' | 'config'>

const mostPast = 100
/** A node that started meanwhile, or lost what was told, hears it again. */
const retellMs = 5_000
/** After so long without anything there is nothing to hear again. */
const quietMs = 60_000

export const limitsOf = ({ config }: Pick<Core, 'config'>): FloodLimits => ({
  windowMs: config.FLOOD_WINDOW_SECONDS * 1000,
  begin: config.FLOOD_BEGIN,
  end: config.FLOOD_END,
})

export const positionsOf = ({ views, config }: Pick<Core, 'views' | 'config'>, tenant: string): number =>
  views.get(SettingsDocs, settingsId(tenant))?.positions ?? config.ALARM_POSITIONS

export class Floods {
  readonly #core: Parts
  readonly #limits: FloodLimits
  #byTenant = new Map<string, Annunciations>()
  #peaks = new Map<string, number>()
  #told = new Map<string, { text: string; at: number; since: number }>()

  constructor(core: Parts) {
    this.#core = core
    this.#limits = limitsOf(core)
  }

  changed(alarm: AlarmDoc, before: AlarmDoc | null): void {
    const said = (alarm.annunciations ?? 0) - (before?.annunciations ?? 0)
    if (said <= 0) return
    const times = (alarm.annunciated ?? []).slice(-said)
    times.forEach((at, index) => this.#of(alarm.tenant).add(at, index === 0 ? said - times.length + 1 : 1))
  }

  /** At start: alarms remember when they were last annunciated. */
  found(alarm: AlarmDoc): void {
    const oldest = this.#oldest(alarm.tenant)
    for (const at of alarm.annunciated ?? []) if (at > oldest) this.#of(alarm.tenant).add(at, 1)
  }

  /** Every node, each second. */
  trim(): void {
    for (const [tenant, window] of this.#byTenant) window.forget(this.#oldest(tenant))
  }

  /** The owner of the clock: decides, stores what changed, tells the screens. */
  async decide(): Promise<void> {
    const now = this.#core.clock.now()
    for (const [tenant, window] of this.#byTenant) {
      const doc = this.#core.views.get(FloodDocs, floodsId(tenant))
      const open = doc?.open ?? null
      const recent = window.recent(now)
      const next = floodAfter(open, recent, now, positionsOf(this.#core, tenant), this.#limits)
      if (open) this.#peaks.set(tenant, Math.max(this.#peaks.get(tenant) ?? open.peak, recent))
      if (next !== open) await this.#turn(tenant, doc, next, now)
      this.#tell(tenant, now)
    }
  }

  /** The open flood with its figures. */
  openOf(tenant: string): (Flood & { alarms: number }) | null {
    const open = this.#core.views.get(FloodDocs, floodsId(tenant))?.open
    if (!open) return null
    const window = this.#byTenant.get(tenant)
    return {
      ...open,
      alarms: window?.since(open.from) ?? 0,
      peak: Math.max(this.#peaks.get(tenant) ?? 0, open.peak, window?.recent(this.#core.clock.now()) ?? 0),
    }
  }

  async #turn(tenant: string, doc: FloodDoc | undefined, next: Flood | null, now: number): Promise<void> {
    const ended = doc?.open ? this.openOf(tenant) : null
    const past = doc?.past ?? []
    const all = ended
      ? [...past, { since: ended.since, until: now, alarms: ended.alarms, peak: ended.peak }].slice(-mostPast)
      : past
    this.#peaks.delete(tenant)
    const base = doc?.v ?? 0
    // A lost race means that another owner decided: the next look sees what it wrote.
    await this.#core.changes.write([
      {
        collection: FloodDocs,
        base,
        doc: { _id: floodsId(tenant), v: base, tenant, open: next, past: all } as FloodDoc,
      },
    ])
  }

  #tell(tenant: string, now: number): void {
    const recent = this.#byTenant.get(tenant)?.recent(now) ?? 0
    const flood = this.#now(tenant, recent)
    const text = JSON.stringify([recent, flood])
    const told = this.#told.get(tenant)
    const same = told?.text === text
    if (same && (now - told.at < retellMs || (recent === 0 && now - told.since > quietMs))) return
    this.#told.set(tenant, { text, at: now, since: same ? told.since : now })
    this.#core.changes.tell(tenant, 'alarms', 'annunciated', recent)
    this.#core.changes.tell(tenant, 'alarms', 'flood', flood)
  }

  #now(tenant: string, rate: number): FloodNow | null {
    const open = this.openOf(tenant)
    if (!open) return null
    const positions = positionsOf(this.#core, tenant)
    return {
      since: open.since,
      rate,
      alarms: open.alarms,
      begin: this.#limits.begin * positions,
      end: this.#limits.end * positions,
      windowMs: this.#limits.windowMs,
    }
  }

  #oldest(tenant: string): number {
    const oldest = this.#core.clock.now() - this.#limits.windowMs
    const open = this.#core.views.get(FloodDocs, floodsId(tenant))?.open
    return open ? Math.min(oldest, open.from) : oldest
  }

  #of(tenant: string): Annunciations {
    let window = this.#byTenant.get(tenant)
    if (!window) this.#byTenant.set(tenant, (window = new Annunciations(this.#limits.windowMs)))
    return window
  }
}
