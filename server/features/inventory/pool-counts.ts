/** How many desktops each pool has and how they are: last value of the pools' view, by the owner of the clock. */
import * as z from 'zod/mini'
import { defineQuery } from '../../core/command.ts'
import type { Core } from '../../core/core.ts'
import type { PoolCounts } from './contract.ts'
import { DesktopDocs } from './model.ts'

const tellEveryMs = 30_000

export function poolCounts({ views }: Pick<Core, 'views'>, tenant: string): PoolCounts {
  const counts: PoolCounts = {}
  for (const { pool, runState, agent } of views.ofTenant(DesktopDocs, tenant)) {
    if (pool === null) continue
    const one = (counts[pool] ??= { total: 0, connected: 0 })
    one.total++
    one[runState] = (one[runState] ?? 0) + 1
    if (agent?.connected) one.connected++
  }
  return counts
}

export const poolCountsQuery = defineQuery({
  route: 'GET /desktop-pools/counts',
  summary: 'Desktops of each pool: in all, with an agent, and by run state',
  permission: 'inventory:read',
  input: z.strictObject({}),
  output: z.record(z.string(), z.record(z.string(), z.number())),
  run: (ctx) => poolCounts(ctx.core, ctx.tenant),
})

export class PoolCountsClock {
  readonly #core: Core
  readonly #changed = new Set<string>()
  readonly #tenants = new Set<string>()
  #toldAt = -Infinity

  constructor(core: Core) {
    this.#core = core
    core.views.onChange((collection, { tenant }) => {
      if (collection.noun !== DesktopDocs.noun) return
      this.#changed.add(tenant)
      this.#tenants.add(tenant)
    })
  }

  /** Those of whom anything changed; all of them now and then, since a last value may be lost. */
  tick(): void {
    const now = this.#core.clock.monotonic()
    const isTime = now - this.#toldAt >= tellEveryMs
    if (isTime) this.#toldAt = now
    for (const tenant of isTime ? this.#tenants : this.#changed)
      this.#core.changes.tell(tenant, 'desktop-pools', 'counts', poolCounts(this.#core, tenant))
    this.#changed.clear()
  }
}
