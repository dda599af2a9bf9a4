/** The live views of the room: contract, collection, presenter. */
import type { Doc, LiveView } from '../../core/feature.ts'
import { DesktopPools, Desktops, Hosts, Networks, Policies, Regions, UserGroups, Users } from './contract.ts'
import {
  DesktopDocs,
  HostDocs,
  NetworkDocs,
  PolicyDocs,
  PoolDocs,
  RegionDocs,
  UserDocs,
  UserGroupDocs,
} from './model.ts'
import {
  presentDesktop,
  presentHost,
  presentNetwork,
  presentPolicy,
  presentPool,
  presentRegion,
  presentUser,
  presentUserGroup,
} from './present.ts'

const live = <D extends Doc, T, F>(view: LiveView<D, T, F>) => view

export const liveDesktops = live({ contract: Desktops, collection: DesktopDocs, present: presentDesktop })
export const liveRegions = live({ contract: Regions, collection: RegionDocs, present: presentRegion })
export const liveHosts = live({ contract: Hosts, collection: HostDocs, present: presentHost, onWalls: true })
export const liveNetworks = live({ contract: Networks, collection: NetworkDocs, present: presentNetwork })
export const livePolicies = live({ contract: Policies, collection: PolicyDocs, present: presentPolicy })
export const livePools = live({ contract: DesktopPools, collection: PoolDocs, present: presentPool })
export const liveUsers = live({ contract: Users, collection: UserDocs, present: presentUser })
export const liveUserGroups = live({ contract: UserGroups, collection: UserGroupDocs, present: presentUserGroup })
