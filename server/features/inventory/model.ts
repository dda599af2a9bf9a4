/** What the inventory stores. Every `_id` is tenant + name, so a name is taken once per tenant by the key itself. */
import type { Collection, Doc } from '../../core/feature.ts'
import type {
  DesktopMake,
  DiskOrder,
  HostRow,
  NetworkRow,
  PolicyRow,
  PoolRow,
  PowerVerb,
  Provider,
  RegionRow,
  RunState,
  Trouble,
  UserGroupRow,
  UserRow,
} from './contract.ts'

/** Case and Unicode form make no second name. */
export const inventoryId = (tenant: string, name: string) => `${tenant}:${name.normalize('NFC').toLowerCase()}`

type Stored<Row> = Doc & Omit<Row, 'id'>

export type RegionDoc = Stored<RegionRow>
export type HostDoc = Stored<HostRow>
export type NetworkDoc = Stored<NetworkRow>
export type PolicyDoc = Stored<PolicyRow>
export type PoolDoc = Omit<Stored<PoolRow>, 'provider'> & { provider?: PoolRow['provider'] }
export type UserDoc = Stored<UserRow>
export type UserGroupDoc = Stored<UserGroupRow>

export interface AgentStanding {
  connected: boolean
  /** Which connection, among all nodes: `<incarnation>:<n>`. */
  session: string
  version: string
  patch: string | null
  since: number
}

/** A power act under way, carried out by the owner of the clock; under its name it is done once. */
export interface PowerActing {
  verb: PowerVerb
  forced: boolean
  /** Names it at the provider. */
  op: string
  /** It is to start, or to start again after it has stopped. */
  starting: boolean
  by: string
  since: number
}

export interface DesktopDoc extends Doc {
  name: string
  provider: Provider
  runState: RunState
  /** Names, not ids: names never change. */
  pool: string | null
  host: string | null
  region: string | null
  user: string | null
  /** Its pool's, kept here because a presenter sees one document. */
  business: string | null
  /** SHA-256 of the agent's credential; null: not enrolled. */
  credential: { hash: string; issuedAt: number } | null
  agent: AgentStanding | null
  createdAt: number
  // What its provider's part is; absent: nothing of that kind ever happened.
  act?: PowerActing | null
  orders?: DiskOrder[]
  trouble?: Trouble | null
  unknownSince?: number | null
  made?: DesktopMake
  stopped?: { at: number; by: string; forced: boolean }
}

const byTenant = { key: { tenant: 1 } } as const

export const RegionDocs: Collection<RegionDoc> = { noun: 'regions', hot: true }
export const HostDocs: Collection<HostDoc> = { noun: 'hosts', hot: true, indexes: [byTenant] }
export const NetworkDocs: Collection<NetworkDoc> = { noun: 'networks', hot: true }
export const PolicyDocs: Collection<PolicyDoc> = { noun: 'policies', hot: true }
export const PoolDocs: Collection<PoolDoc> = { noun: 'desktop-pools', hot: true }
export const UserDocs: Collection<UserDoc> = { noun: 'users', hot: true, indexes: [byTenant] }
export const UserGroupDocs: Collection<UserGroupDoc> = { noun: 'user-groups', hot: true }
export const DesktopDocs: Collection<DesktopDoc> = {
  noun: 'desktops',
  hot: true,
  indexes: [byTenant, { key: { host: 1 } }],
}

export function newDesktop(tenant: string, name: string, provider: Provider, now: number): DesktopDoc {
  return {
    _id: inventoryId(tenant, name),
    v: 0,
    tenant,
    name,
    provider,
    runState: provider === 'agent' ? 'offline' : 'off',
    pool: null,
    host: null,
    region: null,
    user: null,
    business: null,
    credential: null,
    agent: null,
    createdAt: now,
  }
}
