/** Inventory: where desktops run, the desktops, and the people they are assigned to. */
import * as z from 'zod/mini'
import { ActResult, commaList, defineView, Paging } from '#wire'

export const runStates = ['creating', 'off', 'starting', 'online', 'offline', 'stopping', 'error', 'deleting'] as const
export const RunState = z.enum(runStates)
export type RunState = z.infer<typeof RunState>

export const providers = ['qemu', 'simulated', 'agent'] as const
export const Provider = z.enum(providers)
export type Provider = z.infer<typeof Provider>

/** Providers that hold desktops; one of `agent` is a machine of its own that we only hear of. */
export const holdingProviders = ['qemu', 'simulated'] as const
export const HoldingProvider = z.enum(holdingProviders)

export const powerVerbs = ['power-on', 'power-off', 'restart'] as const
export const PowerVerb = z.enum(powerVerbs)
export type PowerVerb = z.infer<typeof PowerVerb>

const text = (most: number) => z.string().check(z.maxLength(most))
const between = (least: number, most: number) => z.number().check(z.minimum(least), z.maximum(most))
const whole = (least: number, most: number) => z.number().check(z.int(), z.minimum(least), z.maximum(most))
export const Name = z.string().check(z.minLength(1), z.maxLength(100), z.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u))
const Label = text(100)

/** Latest resource sample of a desktop. `at` is the sender's clock in ms; every figure is optional: unknown is not zero. */
export const Sample = z.strictObject({
  at: between(0, 8.64e15),
  /** % */
  cpu: z.optional(between(0, 100)),
  memory: z.optional(between(0, 100)),
  disk: z.optional(between(0, 100)),
  gpu: z.optional(between(0, 100)),
  /** frames a second */
  fps: z.optional(between(0, 1000)),
  /** % of frames skipped */
  skipped: z.optional(between(0, 100)),
  /** ms */
  rtt: z.optional(between(0, 600_000)),
  jitter: z.optional(between(0, 600_000)),
  /** % of packets */
  loss: z.optional(between(0, 100)),
  /** Mbit/s */
  bandwidth: z.optional(between(0, 1_000_000)),
})
export type Sample = z.infer<typeof Sample>

// --- what every noun of the room shares -------------------------------------------------------------------------------

const holds = (value: string | null, part: string | undefined) =>
  !part || (value !== null && value.toLowerCase().includes(part.toLowerCase()))
interface Named {
  id: string
  name: string
}
// One collator: localeCompare builds one per call, which a sort of 100,000 rows feels.
const collator = new Intl.Collator('zh-CN', { numeric: true })
const byName = (a: Named, b: Named) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
const total = (rows: Iterable<unknown>) => {
  let count = 0
  for (const _ of rows) count++
  return { total: count }
}

export const TextFilter = z.object({ text: z.optional(text(200)) })
export type TextFilter = z.infer<typeof TextFilter>
const textMatches = (row: Named & { description: string }, filter: TextFilter) =>
  !filter.text || holds(row.name, filter.text) || holds(row.description, filter.text)

const namedView = <T extends Named & { description: string }>(name: string) =>
  defineView<T, TextFilter>({
    name,
    permission: 'inventory:read',
    filter: TextFilter,
    matches: textMatches,
    orders: { name: byName },
    defaultOrder: 'name',
    counters: total,
  })

const named = { id: z.string(), name: z.string(), description: z.string() }
export const TextQuery = z.extend(Paging, TextFilter.shape)
export type TextQuery = z.infer<typeof TextQuery>

/** `{ids}` of a bulk act. */
export const Ids = z.strictObject({ ids: z.array(text(200)).check(z.minLength(1), z.maxLength(500)) })
const description = z._default(text(500), '')

// --- regions, hosts, networks, policies --------------------------------------------------------------------------------

export const RegionRow = z.object({ ...named, zones: z.array(z.string()) })
export type RegionRow = z.infer<typeof RegionRow>
export const RegionInput = z.strictObject({
  name: Name,
  description,
  zones: z._default(z.array(Name).check(z.maxLength(20)), []),
})
export const Regions = namedView<RegionRow>('regions')

export const HostRow = z.object({
  ...named,
  region: z.string(),
  zone: z.nullable(z.string()),
  vcpus: z.number(),
  memoryGiB: z.number(),
  maintenance: z.boolean(),
})
export type HostRow = z.infer<typeof HostRow>
export const HostInput = z.strictObject({
  name: Name,
  description,
  region: Name,
  zone: z._default(z.nullable(Name), null),
  vcpus: whole(1, 4096),
  memoryGiB: whole(1, 65_536),
  maintenance: z._default(z.boolean(), false),
})
export const Hosts = namedView<HostRow>('hosts')

export const NetworkRow = z.object({ ...named, region: z.string(), cidr: z.string(), vlan: z.nullable(z.number()) })
export type NetworkRow = z.infer<typeof NetworkRow>
export const NetworkInput = z.strictObject({
  name: Name,
  description,
  region: Name,
  cidr: z.union([z.cidrv4(), z.cidrv6()]),
  vlan: z._default(z.nullable(whole(1, 4094)), null),
})
export const Networks = namedView<NetworkRow>('networks')

const policyRules = {
  clipboard: z._default(z.enum(['both', 'in', 'out', 'off']), 'off'),
  usb: z._default(z.boolean(), false),
  watermark: z._default(z.boolean(), true),
  idleMinutes: z._default(z.nullable(whole(1, 1440)), null),
}
export const PolicyInput = z.strictObject({ name: Name, description, ...policyRules })
export const PolicyRow = z.object({ ...named, ...policyRules })
export type PolicyRow = z.infer<typeof PolicyRow>
export const Policies = namedView<PolicyRow>('policies')

// --- pools and people --------------------------------------------------------------------------------------------------

export const PoolRow = z.object({
  ...named,
  region: z.string(),
  /** 业务名称: the service this pool serves; shown on its desktops and their alarms. */
  business: z.string(),
  licensed: z.boolean(),
  network: z.nullable(z.string()),
  policy: z.nullable(z.string()),
  /** Where its new desktops are made; null: said anew each time. */
  provider: z.nullable(HoldingProvider),
})
export type PoolRow = z.infer<typeof PoolRow>
export const PoolInput = z.strictObject({
  name: Name,
  description,
  region: Name,
  business: Label.check(z.minLength(1)),
  licensed: z._default(z.boolean(), true),
  network: z._default(z.nullable(Name), null),
  policy: z._default(z.nullable(Name), null),
  provider: z._default(z.nullable(HoldingProvider), null),
})
export const DesktopPools = namedView<PoolRow>('desktop-pools')

/** Last value `counts` of the pools' view: pool name → desktops in all, with an agent, and by run state. */
export type PoolCounts = Record<string, { total: number; connected: number } & Partial<Record<RunState, number>>>

export const UserRow = z.object({ ...named, fullName: z.string(), group: z.nullable(z.string()) })
export type UserRow = z.infer<typeof UserRow>
export const UserInput = z.strictObject({
  name: Name,
  description,
  fullName: Label.check(z.minLength(1)),
  group: z._default(z.nullable(Name), null),
})
export const Users = namedView<UserRow>('users')

export const UserGroupRow = z.object(named)
export type UserGroupRow = z.infer<typeof UserGroupRow>
export const UserGroupInput = z.strictObject({ name: Name, description })
export const UserGroups = namedView<UserGroupRow>('user-groups')

// --- desktops ------------------------------------------------------------------------------------------------------------

/** A power act under way: two operators at once, one wins, and the other sees this. */
export const PowerAct = z.object({
  verb: PowerVerb,
  forced: z.boolean(),
  /** null where the viewer's role may not see people. */
  by: z.nullable(z.string()),
  since: z.number(),
})

/** A work order that waits for or works on the disk. */
export const DiskOrder = z.object({ id: z.string(), number: z.string(), type: z.string() })
export type DiskOrder = z.infer<typeof DiskOrder>

/** Why the last act did not come about, or what is wrong: a stable code (`faultTexts` of the machine) and its own words. */
export const Trouble = z.object({ code: z.string(), message: z.string(), at: z.number() })
export type Trouble = z.infer<typeof Trouble>

export const DesktopRow = z.object({
  id: z.string(),
  name: z.string(),
  provider: Provider,
  runState: RunState,
  /** Since when nobody can tell whether it is still so, ms: its provider does not answer. null: it does. */
  unknownSince: z.nullable(z.number()),
  act: z.nullable(PowerAct),
  orders: z.array(DiskOrder),
  trouble: z.nullable(Trouble),
  pool: z.nullable(z.string()),
  host: z.nullable(z.string()),
  region: z.nullable(z.string()),
  /** null where the viewer's role may not see people. */
  user: z.nullable(z.string()),
  business: z.nullable(z.string()),
  agentVersion: z.nullable(z.string()),
  patchVersion: z.nullable(z.string()),
  /** When the agent connected or left, ms; null before its first time. */
  agentSince: z.nullable(z.number()),
  agentConnected: z.boolean(),
  /** A credential of its own is in force. */
  enrolled: z.boolean(),
})
export type DesktopRow = z.infer<typeof DesktopRow>

/** What a desktop was made with. */
export const DesktopMake = z.object({
  image: z.string(),
  vcpus: z.number(),
  memoryMiB: z.number(),
  diskGiB: z.number(),
  network: z.nullable(z.string()),
  policy: z.nullable(z.string()),
})
export type DesktopMake = z.infer<typeof DesktopMake>

export const DesktopDetail = z.extend(DesktopRow, {
  v: z.number(),
  /** null: it was there before this installation knew it. */
  made: z.nullable(DesktopMake),
  createdAt: z.number(),
  /** How it was last powered off by somebody here. */
  stopped: z.nullable(z.object({ at: z.number(), by: z.nullable(z.string()), forced: z.boolean() })),
})
export type DesktopDetail = z.infer<typeof DesktopDetail>

/** What the provider says at this moment; null is "cannot tell". */
export const DesktopProbe = z.object({
  at: z.number(),
  power: z.string(),
  disks: z.nullable(
    z.array(
      z.object({
        virtualBytes: z.number(),
        bytes: z.number(),
        hasBackingFile: z.boolean(),
        bootable: z.nullable(z.boolean()),
      }),
    ),
  ),
  /** What its disks have read and written since it runs. */
  blocks: z.nullable(
    z.object({ readBytes: z.number(), writtenBytes: z.number(), reads: z.number(), writes: z.number() }),
  ),
  /** Why a running desktop stands still. */
  trouble: z.nullable(z.string()),
})
export type DesktopProbe = z.infer<typeof DesktopProbe>

const desktopFields = {
  text: z.optional(text(200)),
  pool: z.optional(text(100)),
  host: z.optional(text(100)),
  region: z.optional(text(100)),
  user: z.optional(text(100)),
}
export const DesktopFilter = z.object({
  ...desktopFields,
  runState: z.optional(z.array(RunState)),
  provider: z.optional(z.array(Provider)),
})
export type DesktopFilter = z.infer<typeof DesktopFilter>

/** Query string of `GET /desktops`: run states and providers are comma separated. */
export const DesktopQuery = z.extend(Paging, {
  ...desktopFields,
  runState: z.optional(commaList(RunState)),
  provider: z.optional(commaList(Provider)),
})
export type DesktopQuery = z.infer<typeof DesktopQuery>

const compare = (a: string | null, b: string | null) => collator.compare(a ?? '', b ?? '')

export const Desktops = defineView<DesktopRow, DesktopFilter>({
  name: 'desktops',
  permission: 'inventory:read',
  filter: DesktopFilter,
  matches: (row, filter) =>
    (!filter.runState?.length || filter.runState.includes(row.runState)) &&
    (!filter.provider?.length || filter.provider.includes(row.provider)) &&
    holds(row.pool, filter.pool) &&
    holds(row.host, filter.host) &&
    holds(row.region, filter.region) &&
    holds(row.user, filter.user) &&
    (!filter.text || [row.name, row.id, row.host, row.user, row.pool].some((value) => holds(value, filter.text))),
  orders: {
    name: byName,
    host: (a, b) => compare(a.host, b.host) || byName(a, b),
    pool: (a, b) => compare(a.pool, b.pool) || byName(a, b),
    user: (a, b) => compare(a.user, b.user) || byName(a, b),
    state: (a, b) => runStates.indexOf(a.runState) - runStates.indexOf(b.runState) || byName(a, b),
  },
  defaultOrder: 'name',
  counters(rows) {
    const counts: Record<string, number> = { total: 0, connected: 0, unknown: 0 }
    for (const state of runStates) counts[state] = 0
    const add = (key: string) => (counts[key] = (counts[key] ?? 0) + 1)
    for (const row of rows) {
      add('total')
      add(row.runState)
      if (row.agentConnected) add('connected')
      if (row.unknownSince !== null) add('unknown')
    }
    return counts
  },
})

/** Last value `providers` of the desktops' view, and `GET /desktop-providers`. */
export const ProviderStanding = z.object({
  provider: HoldingProvider,
  answers: z.boolean(),
  /** Since when it does or does not answer, ms; null where only this moment was asked about. */
  since: z.nullable(z.number()),
  /** What it can do, e.g. `snapshots`, `console`; empty while it never answered. */
  offers: z.array(z.string()),
})
export type ProviderStanding = z.infer<typeof ProviderStanding>

const DesktopId = text(200).check(z.minLength(1))
/** `force` only of one that was asked and did not listen: the second confirmation is the screen's. */
export const PowerOff = z.strictObject({ id: DesktopId, force: z._default(z.boolean(), false) })
export const PowerOffAll = z.extend(Ids, { force: z._default(z.boolean(), false) })

/** New desktops, a work order each. One: that name; several: the name with -01, -02, … behind it. */
export const NewDesktops = z.strictObject({
  name: Name.check(z.maxLength(90)),
  count: z._default(whole(1, 100), 1),
  pool: z._default(z.nullable(Name), null),
  /** Default: the pool's. */
  provider: z.optional(HoldingProvider),
  image: z._default(text(100).check(z.regex(/^[a-z][a-z0-9-]*$/)), 'guest'),
  vcpus: z._default(whole(1, 64), 1),
  memoryMiB: z._default(whole(8, 1_048_576), 16),
  /** At least the image's own size; 0: just that. */
  diskGiB: z._default(whole(0, 65_536), 0),
  network: z._default(z.nullable(Name), null),
  policy: z._default(z.nullable(Name), null),
})
export type NewDesktops = z.infer<typeof NewDesktops>

/** What an act answers that a work order carries out. */
export const OrderedResult = z.extend(ActResult, {
  order: z.optional(z.object({ id: z.string(), number: z.string() })),
})
export type OrderedResult = z.infer<typeof OrderedResult>
export const OrderedResults = z.object({ results: z.array(OrderedResult) })

/** What an operator may say of a desktop; where it runs comes from its provider. */
export const DesktopChange = z.strictObject({
  pool: z.optional(z.nullable(Name)),
  host: z.optional(z.nullable(Name)),
  user: z.optional(z.nullable(Name)),
})

export const Enrol = z.strictObject({ names: z.array(Name).check(z.minLength(1), z.maxLength(500)) })
/** Credentials by desktop id: shown here once, stored only as hashes; null when the same command is asked again. */
export const Enrolled = z.object({
  results: z.array(ActResult),
  credentials: z.nullable(z.record(z.string(), z.string())),
})
