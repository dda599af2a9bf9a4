/** The parts of the house that a room's unit test needs, without stores: compare-and-set over the hot views. */
import { pino } from 'pino'
import type { AuditFact } from '../../server/core/audit.ts'
import { systemClock, type Clock } from '../../server/core/clock.ts'
import { readConfig } from '../../server/core/config.ts'
import type { Changes, Core, Write, Written } from '../../server/core/core.ts'
import { createMetrics } from '../../server/core/metrics.ts'
import { Views } from '../../server/core/views.ts'

export interface MemoryCore extends Core {
  /** How many documents each call of `write` carried. */
  batches: number[]
  facts: AuditFact[]
  told: { tenant: string; view: string; key: string; value: unknown }[]
}

/** Everything that is asked for and not here fails loudly. */
export function memoryCore(
  given: {
    clock?: Clock
    incarnation?: string
    alive?: () => Set<string>
    /** Workers and how much each runs at once. */
    workers?: () => ReadonlyMap<string, number>
    jobs?: Pick<Core['jobs'], 'hand' | 'holds'>
    /** As the environment would say it. */
    config?: Record<string, string>
  } = {},
): MemoryCore {
  const views = new Views()
  const batches: number[] = []
  const told: MemoryCore['told'] = []
  const facts: AuditFact[] = []
  const writeOne = ({ collection, doc, base }: Write): Written => {
    const current = views.get(collection, doc._id) ?? null
    if ((current?.v ?? 0) !== base) return { ok: false, current }
    const next = { ...doc, v: base + 1 }
    views.take(collection, next)
    return { ok: true, doc: next }
  }
  const changes: Pick<Changes, 'write' | 'tell'> = {
    async write(writes) {
      await new Promise((resolve) => setImmediate(resolve))
      batches.push(writes.length)
      return writes.map(writeOne)
    },
    tell: (tenant, view, key, value) => void told.push({ tenant, view, key, value }),
  }
  const incarnation = given.incarnation ?? 'node-a'
  const parts = {
    config: readConfig(given.config ?? {}),
    logger: pino({ level: 'silent' }),
    clock: given.clock ?? systemClock,
    metrics: createMetrics(),
    incarnation,
    views,
    changes,
    leases: {
      get alive() {
        return given.alive?.() ?? new Set([incarnation])
      },
      get workers() {
        return given.workers?.() ?? new Map<string, number>()
      },
    },
    audit: { record: async (_who: unknown, fact: AuditFact) => void facts.push(fact) },
    ...(given.jobs && { jobs: given.jobs }),
    batches,
    facts,
    told,
  }
  const missing = (name: string | symbol) => new Error(`memoryCore has no ${String(name)}`)
  // A test that reaches for a part that is not here is told so at once.
  return new Proxy(parts as unknown as MemoryCore, {
    get(target, name: keyof MemoryCore) {
      if (!(name in target)) throw missing(name)
      return target[name]
    },
  })
}
