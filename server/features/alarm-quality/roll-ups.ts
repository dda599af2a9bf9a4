/** Counting on every node, storing on the one that owns the clock, reading from memory and by exact ids. */
import type { Core } from '../../core/core.ts'
import { TenantDocs } from '../../core/tenants.ts'
import type { AlarmDoc } from '../alarms/service.ts'
import { hoursOf, type Range } from './contract.ts'
import type { Counted, Hour } from './kpis.ts'
import { periodOf } from './kpis.ts'
import { Minutes } from './minutes.ts'
import { FloodDocs, floodsId, type HourDoc } from './model.ts'
import { hourMs, minuteMs } from './rollup.ts'
import { forgetRollups, readHours, readMinutes, storeHours, storeMinutes } from './store.ts'

/** Hours that are past do not change: those that were read once are kept, a month of a few tenants. */
const mostKeptHours = 8_000

export class RollUps {
  readonly #core: Pick<Core, 'db' | 'views' | 'clock' | 'config'>
  readonly #minutes = new Minutes()
  #past = new Map<string, HourDoc | null>()
  #storedHour = new Map<string, number>()

  constructor(core: Pick<Core, 'db' | 'views' | 'clock' | 'config'>) {
    this.#core = core
  }

  changed(alarm: AlarmDoc, before: AlarmDoc | null): void {
    this.#minutes.changed(alarm, before, this.#core.clock.now())
  }

  /** What the alarms and the stored minutes of the last two hours tell; before the doors open. */
  async load(alarms: Iterable<AlarmDoc>): Promise<void> {
    const now = this.#core.clock.now()
    for (const alarm of alarms) this.#minutes.found(alarm, now)
    for (const { tenant } of this.#core.views.all(TenantDocs)) await this.#loadStored(tenant, now)
    this.#minutes.counting(now)
  }

  async #loadStored(tenant: string, now: number): Promise<void> {
    const hour = Math.floor(now / hourMs)
    const first = (hour - 1) * (hourMs / minuteMs)
    const minutes = Array.from({ length: Math.floor(now / minuteMs) - first + 1 }, (_, index) => first + index)
    for (const { minute, rollup } of await readMinutes(this.#core.db, tenant, minutes))
      this.#minutes.merge(tenant, minute, rollup)
    for (const { at, tens } of await readHours(this.#core.db, tenant, [hour - 1, hour]))
      tens.forEach((ten, index) => {
        if (ten) this.#minutes.counting(at + index * 10 * minuteMs)
      })
  }

  /** Every node, each second. */
  tick(): void {
    const now = this.#core.clock.now()
    this.#minutes.counting(now)
    this.#minutes.trim(now)
  }

  /** Owner of the clock: what changed since, and each hour once even if nothing happened in it. */
  async store(): Promise<void> {
    const now = this.#core.clock.now()
    const changed = new Map(this.#minutes.take().map(({ tenant, minutes }) => [tenant, minutes]))
    for (const { tenant } of this.#core.views.all(TenantDocs)) {
      const minutes = changed.get(tenant) ?? []
      try {
        await this.#storeTenant(tenant, minutes, now)
      } catch (error) {
        this.#minutes.putBack(tenant, minutes)
        throw error
      }
    }
  }

  async #storeTenant(tenant: string, minutes: readonly number[], now: number): Promise<void> {
    const current = Math.floor(now / hourMs)
    const ten = Math.floor(now / (10 * minuteMs))
    if (minutes.length === 0 && this.#storedHour.get(tenant) === ten) return
    // Another node may have owned the clock meanwhile and seen more of a minute than this one.
    for (const { minute, rollup } of await readMinutes(this.#core.db, tenant, minutes))
      this.#minutes.merge(tenant, minute, rollup)
    const rollups = minutes.flatMap((minute) => {
      const rollup = this.#minutes.of(tenant, minute)
      return rollup ? [{ minute, rollup }] : []
    })
    await storeMinutes(this.#core.db, tenant, rollups)
    const hours = new Set(minutes.map((minute) => Math.floor((minute * minuteMs) / hourMs)))
    hours.add(current)
    if (this.#storedHour.get(tenant) !== ten) hours.add(current - 1)
    await storeHours(
      this.#core.db,
      tenant,
      [...hours].filter((hour) => hour >= current - 1).map((hour) => this.#hour(tenant, hour, now)),
    )
    this.#storedHour.set(tenant, ten)
  }

  async forget(): Promise<void> {
    const now = this.#core.clock.now()
    for (const { tenant } of this.#core.views.all(TenantDocs))
      await forgetRollups(this.#core.db, tenant, now, this.#core.config.HISTORY_DAYS)
  }

  async read(tenant: string, range: Range): Promise<Counted> {
    const now = this.#core.clock.now()
    const { from } = periodOf(range, now)
    if (range === '1h') return { hours: [], minutes: this.#minutes.between(tenant, from, now) }
    const current = Math.floor(now / hourMs)
    const wanted = Array.from({ length: hoursOf[range] }, (_, index) => current - index).reverse()
    const live = wanted.filter((hour) => hour >= current - 1).map((hour) => this.#hour(tenant, hour, now))
    const past = await this.#pastHours(
      tenant,
      wanted.filter((hour) => hour < current - 1),
    )
    // An hour in which nobody counted is unknown.
    return { hours: [...past, ...live].filter(({ tens }) => tens.some((ten) => ten !== null)), minutes: [] }
  }

  async #pastHours(tenant: string, hours: readonly number[]): Promise<HourDoc[]> {
    const keyOf = (hour: number) => `${tenant} ${hour}`
    const missing = hours.filter((hour) => !this.#past.has(keyOf(hour)))
    if (this.#past.size > mostKeptHours) this.#past.clear()
    const found = await readHours(this.#core.db, tenant, missing)
    for (const hour of missing) this.#past.set(keyOf(hour), null)
    for (const doc of found) this.#past.set(keyOf(doc.at / hourMs), doc)
    return hours.flatMap((hour) => this.#past.get(keyOf(hour)) ?? [])
  }

  #hour(tenant: string, hour: number, now: number): Hour {
    const doc = this.#core.views.get(FloodDocs, floodsId(tenant))
    return this.#minutes.hour(tenant, hour, now, { open: doc?.open ?? null, past: doc?.past ?? [] })
  }
}
