/** Inventory: where desktops run, the desktops, and the people they are assigned to. */
import * as z from 'zod/mini'
import { defineView } from '#wire'

export const runStates = ['creating', 'off', 'starting', 'online', 'offline', 'stopping', 'error', 'deleting'] as const
export const RunState = z.enum(runStates)
export type RunState = z.infer<typeof RunState>

export const providers = ['qemu', 'simulated', 'agent'] as const
export const Provider = z.enum(providers)

const text = (most: number) => z.string().check(z.maxLength(most))
export const Name = z.string().check(z.minLength(1), z.maxLength(100), z.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u))

/** Latest resource sample of a desktop: %, fps, ms. */
export const Sample = z.object({
  at: z.number(),
  cpu: z.optional(z.number()),
  memory: z.optional(z.number()),
  disk: z.optional(z.number()),
  gpu: z.optional(z.number()),
  fps: z.optional(z.number()),
  skipped: z.optional(z.number()),
  rtt: z.optional(z.number()),
  jitter: z.optional(z.number()),
  loss: z.optional(z.number()),
  bandwidth: z.optional(z.number()),
})
export type Sample = z.infer<typeof Sample>

export const DesktopRow = z.object({
  id: z.string(),
  name: z.string(),
  provider: Provider,
  runState: RunState,
  pool: z.nullable(z.string()),
  host: z.nullable(z.string()),
  region: z.nullable(z.string()),
  user: z.nullable(z.string()),
  business: z.nullable(z.string()),
  agentVersion: z.nullable(z.string()),
  patchVersion: z.nullable(z.string()),
  /** When the agent connected or left, ms; null before its first time. */
  agentSince: z.nullable(z.number()),
  agentConnected: z.boolean(),
})
export type DesktopRow = z.infer<typeof DesktopRow>

export const DesktopFilter = z.object({
  text: z.optional(text(200)),
  runState: z.optional(z.array(RunState)),
  pool: z.optional(text(100)),
  host: z.optional(text(100)),
  region: z.optional(text(100)),
})
export type DesktopFilter = z.infer<typeof DesktopFilter>

const holds = (value: string | null, part: string | undefined) =>
  !part || (value !== null && value.toLowerCase().includes(part.toLowerCase()))
const byName = (a: { name: string; id: string }, b: { name: string; id: string }) =>
  a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1)

export const Desktops = defineView<DesktopRow, DesktopFilter>({
  name: 'desktops',
  permission: 'inventory:read',
  filter: DesktopFilter,
  matches: (row, filter) =>
    (!filter.runState?.length || filter.runState.includes(row.runState)) &&
    holds(row.pool, filter.pool) &&
    holds(row.host, filter.host) &&
    holds(row.region, filter.region) &&
    (!filter.text || [row.name, row.host, row.user, row.pool].some((value) => holds(value, filter.text))),
  orders: { name: byName, host: (a, b) => (a.host ?? '').localeCompare(b.host ?? '') || byName(a, b) },
  defaultOrder: 'name',
  counters(rows) {
    const counts: Record<string, number> = { total: 0, connected: 0 }
    for (const state of runStates) counts[state] = 0
    for (const row of rows) {
      counts['total'] = (counts['total'] ?? 0) + 1
      counts[row.runState] = (counts[row.runState] ?? 0) + 1
      if (row.agentConnected) counts['connected'] = (counts['connected'] ?? 0) + 1
    }
    return counts
  },
})
