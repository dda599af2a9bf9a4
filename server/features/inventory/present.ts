/** What leaves the house of each document, field by field. */
import type { Doc } from '../../core/feature.ts'
import type {
  DesktopDetail,
  DesktopRow,
  HostRow,
  NetworkRow,
  PolicyRow,
  PoolRow,
  RegionRow,
  UserGroupRow,
  UserRow,
} from './contract.ts'
import type { DesktopDoc, HostDoc, NetworkDoc, PolicyDoc, PoolDoc, RegionDoc, UserDoc, UserGroupDoc } from './model.ts'

const named = (doc: Doc & { name: string; description: string }) => ({
  id: doc._id,
  name: doc.name,
  description: doc.description,
})

export const presentRegion = (doc: RegionDoc): RegionRow => ({ ...named(doc), zones: doc.zones })

export const presentHost = (doc: HostDoc): HostRow => ({
  ...named(doc),
  region: doc.region,
  zone: doc.zone,
  vcpus: doc.vcpus,
  memoryGiB: doc.memoryGiB,
  maintenance: doc.maintenance,
})

export const presentNetwork = (doc: NetworkDoc): NetworkRow => ({
  ...named(doc),
  region: doc.region,
  cidr: doc.cidr,
  vlan: doc.vlan,
})

export const presentPolicy = (doc: PolicyDoc): PolicyRow => ({
  ...named(doc),
  clipboard: doc.clipboard,
  usb: doc.usb,
  watermark: doc.watermark,
  idleMinutes: doc.idleMinutes,
})

export const presentPool = (doc: PoolDoc): PoolRow => ({
  ...named(doc),
  region: doc.region,
  business: doc.business,
  licensed: doc.licensed,
  network: doc.network,
  policy: doc.policy,
  provider: doc.provider ?? null,
})

export const presentUser = (doc: UserDoc, masked: boolean): UserRow | null =>
  masked ? null : { ...named(doc), fullName: doc.fullName, group: doc.group }

export const presentUserGroup = (doc: UserGroupDoc): UserGroupRow => named(doc)

export const presentDesktop = (doc: DesktopDoc, masked: boolean): DesktopRow => ({
  id: doc._id,
  name: doc.name,
  ...standingOf(doc),
  act: doc.act
    ? { verb: doc.act.verb, forced: doc.act.forced, by: masked ? null : doc.act.by, since: doc.act.since }
    : null,
  pool: doc.pool,
  host: doc.host,
  region: doc.region,
  user: masked ? null : doc.user,
  business: doc.business,
  agentVersion: doc.agent?.version ?? null,
  patchVersion: doc.agent?.patch ?? null,
  agentSince: doc.agent?.since ?? null,
  agentConnected: doc.agent?.connected ?? false,
  enrolled: doc.credential !== null,
})

/** What the machine decides by. */
export const standingOf = (doc: DesktopDoc) => ({
  provider: doc.provider,
  runState: doc.runState,
  unknownSince: doc.unknownSince ?? null,
  act: doc.act ?? null,
  orders: doc.orders ?? [],
  trouble: doc.trouble ?? null,
})

export const presentDesktopDetail = (doc: DesktopDoc, masked: boolean): DesktopDetail => ({
  ...presentDesktop(doc, masked),
  v: doc.v,
  made: doc.made ?? null,
  createdAt: doc.createdAt,
  stopped: doc.stopped ? { ...doc.stopped, by: masked ? null : doc.stopped.by } : null,
})
