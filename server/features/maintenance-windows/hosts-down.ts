/** Which hosts are down, by the alarms that say so; kept from every change, on every node alike. */
import type { AlarmDoc } from '../alarms/service.ts'

export class HostsDown {
  readonly #types: ReadonlySet<string>
  /** By tenant and host, the alarms that say so and since when. */
  #byTenant = new Map<string, Map<string, Map<string, number>>>()

  constructor(types: readonly string[]) {
    this.#types = new Set(types)
  }

  take(alarm: AlarmDoc): void {
    if (!this.#types.has(alarm.type) || alarm.desktop !== null || alarm.host === null) return
    const down = !alarm.gone && alarm.clearedAt === null
    const hosts = this.#hostsOf(alarm.tenant)
    const saying = hosts.get(alarm.host) ?? new Map<string, number>()
    if (down) saying.set(alarm._id, alarm.raisedAt)
    else saying.delete(alarm._id)
    if (saying.size > 0) hosts.set(alarm.host, saying)
    else hosts.delete(alarm.host)
  }

  /** Hosts and since when. */
  of(tenant: string): ReadonlyMap<string, number> {
    const hosts = this.#byTenant.get(tenant) ?? new Map<string, Map<string, number>>()
    return new Map([...hosts].map(([host, saying]) => [host, Math.min(...saying.values())]))
  }

  #hostsOf(tenant: string) {
    let hosts = this.#byTenant.get(tenant)
    if (!hosts) this.#byTenant.set(tenant, (hosts = new Map<string, Map<string, number>>()))
    return hosts
  }
}
