/** Which hosts have alarms, and how bad: counted as alarms change, told to walls, never looked for. */
import type { Core } from '../../core/core.ts'
import { severities, type AlarmState } from '../alarms/contract.ts'
import { AlarmDocs, type AlarmDoc } from '../alarms/service.ts'
import type { AlarmedHost } from './contract.ts'

const mostTold = 200
/** A node that started meanwhile, or lost what was told, hears it again. */
const retellMs = 15_000

const standing = new Set<AlarmState>(['unacknowledged', 'acknowledged', 'rtn-unacknowledged'])

export class HostAlarms {
  readonly #core: Pick<Core, 'changes' | 'clock'>
  /** tenant → host → standing alarms by severity. */
  #byTenant = new Map<string, Map<string, number[]>>()
  #changed = new Set<string>()
  #toldAt = -Infinity

  constructor(core: Pick<Core, 'views' | 'changes' | 'clock'>) {
    this.#core = core
    core.views.onChange((collection, doc, before) => {
      if (collection.noun !== AlarmDocs.noun) return
      // Nouns name one shape each.
      this.#count(before as AlarmDoc | null, -1)
      this.#count(doc as AlarmDoc, 1)
    })
  }

  /** By the owner of the clock. */
  tell(): void {
    const now = this.#core.clock.monotonic()
    const again = now - this.#toldAt >= retellMs
    if (again) this.#toldAt = now
    for (const tenant of again ? this.#byTenant.keys() : this.#changed)
      this.#core.changes.tell(tenant, 'hosts', 'alarms', this.of(tenant))
    this.#changed.clear()
  }

  of(tenant: string): AlarmedHost[] {
    const found = [...(this.#byTenant.get(tenant) ?? [])].map(([host, counts]): [number, AlarmedHost] => {
      const worst = counts.findIndex((count) => count > 0)
      const all = counts.reduce((sum, count) => sum + count, 0)
      return [worst, [host, severities[worst] ?? 'low', all]]
    })
    found.sort(([a, one], [b, other]) => a - b || other[2] - one[2] || (one[0] < other[0] ? -1 : 1))
    return found.slice(0, mostTold).map(([, host]) => host)
  }

  #count(alarm: AlarmDoc | null, by: 1 | -1): void {
    if (!alarm?.host || alarm.gone || !standing.has(alarm.state)) return
    const { tenant, host, severity } = alarm
    const hosts = this.#byTenant.get(tenant) ?? new Map<string, number[]>()
    const counts = hosts.get(host) ?? severities.map(() => 0)
    const index = severities.indexOf(severity)
    counts[index] = (counts[index] ?? 0) + by
    if (counts.every((count) => count === 0)) hosts.delete(host)
    else hosts.set(host, counts)
    this.#byTenant.set(tenant, hosts)
    this.#changed.add(tenant)
  }
}
