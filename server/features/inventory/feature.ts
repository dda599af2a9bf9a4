import type { AnyView, Feature } from '../../core/feature.ts'
import { nounCommands } from './commands.ts'
import { HostRow, NetworkRow, PolicyRow, PoolRow, RegionRow, TextQuery, UserGroupRow, UserRow } from './contract.ts'
import { desktopCommands } from './desktops.ts'
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
import { desktopQueries, readings } from './queries.ts'
import {
  liveDesktops,
  liveHosts,
  liveNetworks,
  livePolicies,
  livePools,
  liveRegions,
  liveUserGroups,
  liveUsers,
} from './views.ts'

const views: AnyView[] = [
  liveRegions,
  liveHosts,
  liveNetworks,
  livePolicies,
  livePools,
  liveUsers,
  liveUserGroups,
  liveDesktops,
]

export const inventory: Feature = {
  name: 'inventory',
  collections: [RegionDocs, HostDocs, NetworkDocs, PolicyDocs, PoolDocs, UserDocs, UserGroupDocs, DesktopDocs],
  views,
  operations: [
    ...desktopQueries,
    ...readings(liveHosts, HostRow, TextQuery),
    ...readings(livePools, PoolRow, TextQuery),
    ...readings(liveRegions, RegionRow, TextQuery),
    ...readings(liveNetworks, NetworkRow, TextQuery),
    ...readings(livePolicies, PolicyRow, TextQuery),
    ...readings(liveUsers, UserRow, TextQuery),
    ...readings(liveUserGroups, UserGroupRow, TextQuery),
    ...desktopCommands,
    ...nounCommands,
  ],
}
