/** Episodes raised per half hour and severity over a day, per tenant: counted as they begin, told as a last value. */
import type { Core } from '../../core/core.ts'
import { severities } from './contract.ts'
import { readHistory } from './history.ts'
import { AlarmDocs, type AlarmDoc } from './model.ts'

const slotMs = 30 * 60_000
const slots = 48

type Slot = [critical: number, high: number, medium: number, low: number]

export class Trend {
  #byTenant = new Map<string, Map<number, Slot>>()
  #changed = new Set<string>()
  #toldAt = -1

  constructor(core: Pick<Core, 'views'>) {
    core.views.onChange((collection, doc, before) => {
      if (collection.noun !== AlarmDocs.noun) return
      // Nouns name one shape each.
      const [alarm, earlier] = [doc as AlarmDoc, before as AlarmDoc | null]
      if (earlier === null || earlier.episode < alarm.episode) this.#count(alarm)
    })
  }

  /** Tells tenants whose counts moved, and everybody when a new half hour begins. */
  tell(core: Pick<Core, 'changes' | 'clock'>): void {
    const now = Math.floor(core.clock.now() / slotMs)
    const turned = now !== this.#toldAt
    this.#toldAt = now
    for (const tenant of turned ? this.#byTenant.keys() : this.#changed)
      core.changes.tell(tenant, 'alarms', 'trend', this.of(tenant, now))
    this.#changed.clear()
  }

  /** Episodes that began and ended within the day are in history only; the last one of each alarm is known already. */
  async load(core: Pick<Core, 'db' | 'views' | 'clock'>, tenants: Iterable<string>): Promise<void> {
    const to = core.clock.now()
    const from = to - slots * slotMs
    for (const tenant of tenants) {
      for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
        const page = await readHistory(core.db, {
          tenant,
          cursor,
          limit: 500,
          from,
          to,
          matches: ({ raisedAt }) => raisedAt >= from,
        })
        for (const episode of page.items)
          if (core.views.get(AlarmDocs, episode.alarm)?.raisedAt !== episode.raisedAt) this.#count(episode)
        cursor = page.next
      }
    }
  }

  of(tenant: string, now: number): Slot[] {
    const counts = this.#byTenant.get(tenant)
    return Array.from({ length: slots }, (_, index): Slot => counts?.get(now - slots + 1 + index) ?? [0, 0, 0, 0])
  }

  #count(alarm: Pick<AlarmDoc, 'tenant' | 'raisedAt' | 'severity'>): void {
    let counts = this.#byTenant.get(alarm.tenant)
    if (!counts) this.#byTenant.set(alarm.tenant, (counts = new Map<number, Slot>()))
    const slot = Math.floor(alarm.raisedAt / slotMs)
    const count: Slot = counts.get(slot) ?? [0, 0, 0, 0]
    count[severities.indexOf(alarm.severity)] = (count[severities.indexOf(alarm.severity)] ?? 0) + 1
    counts.set(slot, count)
    for (const old of counts.keys()) if (old <= slot - slots) counts.delete(old)
    this.#changed.add(alarm.tenant)
  }
}
