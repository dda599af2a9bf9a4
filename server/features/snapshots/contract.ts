/** Snapshots: what was kept of a desktop's disk at one moment, as people see it. */
import * as z from 'zod/mini'
import { commaList, defineView, Paging, QueryTime } from '#wire'
import { HoldingProvider, Name } from '../inventory/contract.ts'
import { Link } from '../work-orders/contract.ts'

export const snapshotStates = ['creating', 'available', 'failed', 'restoring', 'deleting'] as const
export const SnapshotState = z.enum(snapshotStates)
export type SnapshotState = z.infer<typeof SnapshotState>

/** `clean`: of a disk at rest. `crash-consistent`: of a running one, as if its power had been cut. */
export const consistencies = ['clean', 'crash-consistent'] as const
export const Consistency = z.enum(consistencies)
export type Consistency = z.infer<typeof Consistency>

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const text = (most: number) => z.string().check(z.maxLength(most), noNul)
const Id = text(200).check(z.minLength(1))

export const SnapshotRow = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  desktop: z.object({ id: z.string(), name: z.string() }),
  provider: HoldingProvider,
  state: SnapshotState,
  /** null until it was taken. */
  consistency: z.nullable(Consistency),
  /** What a copy of it would take; null until it was taken. */
  bytes: z.nullable(z.number()),
  takenAt: z.nullable(z.number()),
  createdAt: z.number(),
  /** null where the viewer's role may not see people. */
  createdBy: z.nullable(z.string()),
  /** The work order in hand, or the last one. */
  order: z.object({ id: z.string(), number: z.string() }),
  /** Why it failed, or why the last act on it did not come about. */
  error: z.nullable(z.object({ code: z.string(), message: z.string() })),
  /** Images that were made, or are being made, from it: as long as there are any it is not deleted. */
  images: z.array(Link),
})
export type SnapshotRow = z.infer<typeof SnapshotRow>

/** All snapshots of the same disk, the oldest first: they share what has not changed between them. */
export const ChainLink = z.object({
  id: z.string(),
  name: z.string(),
  state: SnapshotState,
  takenAt: z.nullable(z.number()),
  bytes: z.nullable(z.number()),
})
export type ChainLink = z.infer<typeof ChainLink>

export const SnapshotDetail = z.extend(SnapshotRow, {
  v: z.number(),
  /** Its name on the disk, as `qemu-img snapshot -l` lists it. */
  ref: z.string(),
  /** Size of the disk as its desktop sees it. */
  virtualBytes: z.nullable(z.number()),
  restoredAt: z.nullable(z.number()),
  restoredBy: z.nullable(z.string()),
  chain: z.array(ChainLink),
})
export type SnapshotDetail = z.infer<typeof SnapshotDetail>

const filterFields = {
  /** Name, description or desktop contains. */
  text: z.optional(text(200)),
  /** Exact id of the desktop. */
  desktop: z.optional(text(200)),
  desktopName: z.optional(text(100)),
  createdBy: z.optional(text(100)),
}
/** Filter of the list; the same object is the URL's query, the HTTP query and the window's filter. */
export const SnapshotFilter = z.object({
  ...filterFields,
  state: z.optional(z.array(SnapshotState)),
  consistency: z.optional(z.array(Consistency)),
  /** ms: taken (or asked for) in this range. */
  from: z.optional(z.number()),
  to: z.optional(z.number()),
})
export type SnapshotFilter = z.infer<typeof SnapshotFilter>

const holds = (value: string | null, part: string | undefined) =>
  !part || (value?.toLowerCase().includes(part.toLowerCase()) ?? false)
const among = <T>(value: T, chosen: readonly T[] | undefined) => !chosen?.length || chosen.includes(value)
const when = (row: SnapshotRow) => row.takenAt ?? row.createdAt

export function snapshotMatches(row: SnapshotRow, filter: SnapshotFilter): boolean {
  return (
    among(row.state, filter.state) &&
    (!filter.consistency?.length || (row.consistency !== null && filter.consistency.includes(row.consistency))) &&
    (!filter.desktop || row.desktop.id === filter.desktop) &&
    holds(row.desktop.name, filter.desktopName) &&
    holds(row.createdBy, filter.createdBy) &&
    (filter.from === undefined || when(row) >= filter.from) &&
    (filter.to === undefined || when(row) <= filter.to) &&
    (!filter.text || [row.name, row.description, row.desktop.name, row.id].some((value) => holds(value, filter.text)))
  )
}

const collator = new Intl.Collator('zh-CN', { numeric: true })
const byId = (a: SnapshotRow, b: SnapshotRow) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

export const Snapshots = defineView<SnapshotRow, SnapshotFilter>({
  name: 'snapshots',
  permission: 'snapshots:read',
  filter: SnapshotFilter,
  matches: snapshotMatches,
  orders: {
    newest: (a, b) => when(b) - when(a) || byId(a, b),
    oldest: (a, b) => when(a) - when(b) || byId(a, b),
    name: (a, b) => collator.compare(a.name, b.name) || byId(a, b),
    desktop: (a, b) => collator.compare(a.desktop.name, b.desktop.name) || when(a) - when(b) || byId(a, b),
    size: (a, b) => (b.bytes ?? -1) - (a.bytes ?? -1) || byId(a, b),
    state: (a, b) =>
      snapshotStates.indexOf(a.state) - snapshotStates.indexOf(b.state) || when(b) - when(a) || byId(a, b),
  },
  defaultOrder: 'newest',
  counters(rows) {
    const counts: Record<SnapshotState, number> & { total: number; bytes: number } = {
      total: 0,
      bytes: 0,
      creating: 0,
      available: 0,
      failed: 0,
      restoring: 0,
      deleting: 0,
    }
    for (const { state, bytes } of rows) {
      counts.total++
      counts[state]++
      counts.bytes += bytes ?? 0
    }
    return counts
  },
})

export const SnapshotId = z.strictObject({ id: Id })
export const SnapshotIds = z.strictObject({ ids: z.array(Id).check(z.minLength(1), z.maxLength(500)) })

const about = { name: Name, description: z._default(text(500), '') }
/** The name is unique among the snapshots of its desktop. */
export const NewSnapshot = z.strictObject({ desktop: Id, ...about })
export type NewSnapshot = z.infer<typeof NewSnapshot>
export const NewSnapshots = z.strictObject({
  desktops: z.array(Id).check(z.minLength(1), z.maxLength(100)),
  ...about,
})

/** Query string of `GET /snapshots`: lists are comma separated, times ISO or ms. */
export const SnapshotQuery = z.extend(Paging, {
  ...filterFields,
  state: z.optional(commaList(SnapshotState)),
  consistency: z.optional(commaList(Consistency)),
  from: z.optional(QueryTime),
  to: z.optional(QueryTime),
})
