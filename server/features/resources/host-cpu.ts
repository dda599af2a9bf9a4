/** How busy the hosts are, as far as this node hears them: told as one last value, for walls and lists. */
import type { Core } from '../../core/core.ts'
import { TenantDocs } from '../../core/tenants.ts'
import { hostFigures, type HostCpu } from './contract.ts'
import type { Rings } from './rings.ts'

type Parts = Pick<Core, 'changes' | 'clock' | 'incarnation' | 'views'>

/** Older is not "now". */
const freshMs = 60_000
const mostTold = 2_000
const column = hostFigures.indexOf('cpu')

export class HostCpus {
  readonly #core: Parts
  readonly #rings: Rings
  #told = new Set<string>()

  constructor(core: Parts, rings: Rings) {
    this.#core = core
    this.#rings = rings
  }

  tell(): void {
    const at = this.#core.clock.now()
    const byTenant = new Map<string, Record<string, number>>()
    for (const id of this.#rings.ids()) {
      if (this.#rings.lastAt(id) < at - freshMs) continue
      const cpu = this.#rings.within(id, this.#rings.lastAt(id)).at(-1)?.values[column]
      if (typeof cpu !== 'number') continue
      const [tenant = '', name = ''] = split(id)
      const hosts = byTenant.get(tenant) ?? {}
      if (Object.keys(hosts).length < mostTold) hosts[name] = Math.round(cpu)
      byTenant.set(tenant, hosts)
    }
    for (const [tenant, of] of byTenant) this.#say(tenant, { at, of })
    for (const tenant of this.#told) if (!byTenant.has(tenant)) this.#say(tenant, null)
    this.#told = new Set(byTenant.keys())
  }

  stop(): void {
    for (const tenant of this.#told) this.#say(tenant, null)
  }

  /** What a dead node told stays with those who heard it until somebody takes it away. */
  forget(incarnation: string): void {
    for (const { tenant } of this.#core.views.all(TenantDocs))
      this.#core.changes.tell(tenant, 'hosts', keyOf(incarnation), null)
  }

  #say(tenant: string, value: HostCpu | null): void {
    this.#core.changes.tell(tenant, 'hosts', keyOf(this.#core.incarnation), value)
  }
}

const keyOf = (incarnation: string) => `cpu:${incarnation.slice(0, 8)}`
const split = (id: string) => [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)]
