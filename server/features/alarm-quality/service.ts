/** What is known of the quality of a tenant's alarms. */
import type { Core } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import { severities } from '../alarms/contract.ts'
import { AlarmDocs, type AlarmDoc } from '../alarms/service.ts'
import type { Proposal, Quality, Range } from './contract.ts'
import { Floods, limitsOf, positionsOf } from './floods.ts'
import { kpis } from './kpis.ts'
import { FloodDocs, floodsId, SettingsDocs, settingsId, type SettingsDoc } from './model.ts'
import { proposalsOf } from './proposals.ts'
import { sum } from './rollup.ts'
import { RollUps } from './roll-ups.ts'

const dayMs = 24 * 3600_000
const mostDismissed = 200

export class QualityService {
  readonly #core: Core
  readonly rollUps: RollUps
  readonly floods: Floods
  #counting = false

  constructor(core: Core) {
    this.#core = core
    this.rollUps = new RollUps(core)
    this.floods = new Floods(core)
    core.views.onChange((collection, doc, before) => {
      if (!this.#counting || collection.noun !== AlarmDocs.noun) return
      // Nouns name one shape each.
      const [alarm, earlier] = [doc as AlarmDoc, before as AlarmDoc | null]
      this.rollUps.changed(alarm, earlier)
      this.floods.changed(alarm, earlier)
    })
  }

  /** From here on every change counts; what was before is read from the alarms and from what is stored. */
  async start(): Promise<void> {
    const alarms = [...this.#core.views.all(AlarmDocs), ...this.#core.views.tombstones(AlarmDocs, Infinity)]
    this.#counting = true
    for (const alarm of alarms) this.floods.found(alarm)
    await this.rollUps.load(alarms)
  }

  async quality(tenant: string, range: Range): Promise<Quality> {
    const now = this.#core.clock.now()
    const counted = await this.rollUps.read(tenant, range)
    const open = this.floods.openOf(tenant)
    const past = this.#core.views.get(FloodDocs, floodsId(tenant))?.past ?? []
    const limits = limitsOf(this.#core)
    const figures = kpis(range, now, counted, { open, past }, positionsOf(this.#core, tenant), limits)
    return { ...figures, now: this.#standing(tenant) }
  }

  async proposals(tenant: string, now: number): Promise<Proposal[]> {
    const [hour, day] = [await this.rollUps.read(tenant, '1h'), await this.rollUps.read(tenant, '24h')]
    const alarms = [...this.#core.views.ofTenant(AlarmDocs, tenant)]
      .filter(({ state }) => state !== 'normal')
      .map(({ _id: id, desktop, host, type, state, marks = [] }) => ({ id, desktop, host, type, state, marks }))
    const found = proposalsOf({ alarms, hour: sum(hour.minutes.map(({ rollup }) => rollup)), day: sum(day.hours) })
    const dismissed = new Set(this.#dismissed(tenant, now).map(({ id }) => id))
    return found.filter(({ id }) => !dismissed.has(id))
  }

  async setPositions(ctx: Ctx, positions: number): Promise<void> {
    await this.#settings(ctx, (doc) => ({ ...doc, positions }))
  }

  async dismiss(ctx: Ctx, id: string, days: number): Promise<void> {
    const until = ctx.now + days * dayMs
    await this.#settings(ctx, (doc) => {
      const others = doc.dismissed.filter((each) => each.id !== id && each.until > ctx.now)
      return { ...doc, dismissed: [...others, { id, until }].slice(-mostDismissed) }
    })
  }

  async restore(ctx: Ctx, id: string): Promise<void> {
    await this.#settings(ctx, (doc) => ({ ...doc, dismissed: doc.dismissed.filter((each) => each.id !== id) }))
  }

  #dismissed(tenant: string, now: number) {
    const settings = this.#core.views.get(SettingsDocs, settingsId(tenant))
    return (settings?.dismissed ?? []).filter(({ until }) => until > now)
  }

  async #settings(ctx: Ctx, change: (doc: SettingsDoc) => SettingsDoc): Promise<void> {
    const fresh: SettingsDoc = { _id: settingsId(ctx.tenant), v: 0, tenant: ctx.tenant, positions: null, dismissed: [] }
    const created = await ctx.core.changes.create(ctx, SettingsDocs, change(fresh))
    if (!created) await ctx.core.changes.each(ctx, SettingsDocs, [fresh._id], (doc) => ({ next: change(doc) }))
  }

  #standing(tenant: string): Quality['now'] {
    const standing = [0, 0, 0, 0]
    const counts = { chattering: 0, fleeting: 0, stale: 0, shelved: 0, suppressed: 0, outOfService: 0 }
    for (const { state, severity, clearedAt, marks = [] } of this.#core.views.ofTenant(AlarmDocs, tenant)) {
      if (state === 'normal') continue
      for (const mark of marks) counts[mark]++
      if (state === 'shelved') counts.shelved++
      else if (state === 'suppressed') counts.suppressed++
      else if (state === 'out-of-service') counts.outOfService++
      else if (clearedAt === null)
        standing[severities.indexOf(severity)] = (standing[severities.indexOf(severity)] ?? 0) + 1
    }
    return { ...counts, standing }
  }
}
