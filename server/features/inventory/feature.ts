import type { AnyView, Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { openProviders, type Providers } from '../../fleet/port/providers.ts'
import { askingQueries, describedScreenshot, Screens } from './asking.ts'
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
import { makingCommands } from './making.ts'
import { desktopCreate } from './orders/desktop-create.ts'
import { desktopDelete } from './orders/desktop-delete.ts'
import { PoolCountsClock, poolCountsQuery } from './pool-counts.ts'
import { PowerActs } from './power-acts.ts'
import { powerCommands } from './power-commands.ts'
import { TruthClock } from './truth-clock.ts'
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

/** `snapshotsOf`: how many a desktop has, as the room of snapshots knows. */
export function inventoryFeature(snapshotsOf: (desktop: string) => number): Feature {
  let opened: Providers | undefined
  let clocks: { acts: PowerActs; truth: TruthClock; counts: PoolCountsClock } | undefined
  const providers = () => must(opened, 'the inventory is assembled before it is used')
  const ready = () => must(clocks, 'the inventory is assembled before its clocks tick')
  const screens = new Screens(providers)
  return {
    name: 'inventory',
    collections: [RegionDocs, HostDocs, NetworkDocs, PolicyDocs, PoolDocs, UserDocs, UserGroupDocs, DesktopDocs],
    views,
    operations: [
      ...askingQueries(providers),
      ...desktopQueries,
      ...readings(liveHosts, HostRow, TextQuery),
      poolCountsQuery,
      ...readings(livePools, PoolRow, TextQuery),
      ...readings(liveRegions, RegionRow, TextQuery),
      ...readings(liveNetworks, NetworkRow, TextQuery),
      ...readings(livePolicies, PolicyRow, TextQuery),
      ...readings(liveUsers, UserRow, TextQuery),
      ...readings(liveUserGroups, UserGroupRow, TextQuery),
      ...desktopCommands,
      ...powerCommands,
      ...makingCommands(snapshotsOf),
      ...nounCommands,
    ],
    orders: [desktopCreate, desktopDelete],
    assemble(core) {
      opened = openProviders(core.config.DATA_DIR)
      clocks = {
        acts: new PowerActs(core, opened),
        truth: new TruthClock(core, opened),
        counts: new PoolCountsClock(core),
      }
    },
    routes: (core, api) => screens.mount(core, api),
    described: [describedScreenshot],
    schedules: [
      { name: 'desktops-power', everyMs: 100, tick: async () => ready().acts.tick() },
      { name: 'desktops-truth', everyMs: 1_000, tick: () => ready().truth.tick() },
      { name: 'desktop-pools-counts', everyMs: 2_000, tick: async () => ready().counts.tick() },
    ],
    async stop() {
      clocks?.acts.stop()
      opened?.close()
    },
  }
}
