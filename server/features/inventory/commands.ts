/** The plain nouns and what holds them together. */
import * as z from 'zod/mini'
import type { Ctx, Operation } from '../../core/feature.ts'
import {
  HostInput,
  HostRow,
  NetworkInput,
  NetworkRow,
  PolicyInput,
  PolicyRow,
  PoolInput,
  PoolRow,
  RegionInput,
  RegionRow,
  UserGroupInput,
  UserGroupRow,
  UserInput,
  UserRow,
} from './contract.ts'
import {
  DesktopDocs,
  HostDocs,
  NetworkDocs,
  PolicyDocs,
  PoolDocs,
  RegionDocs,
  UserDocs,
  UserGroupDocs,
  type PoolDoc,
} from './model.ts'
import { writings } from './nouns.ts'
import { countWhere, unknownReferences } from './references.ts'
import { liveHosts, liveNetworks, livePolicies, livePools, liveRegions, liveUserGroups, liveUsers } from './views.ts'

const id = { id: z.string().check(z.minLength(1), z.maxLength(200)) }
const nothing = () => []

const regions = writings({
  live: liveRegions,
  row: RegionRow,
  input: RegionInput,
  edit: z.extend(RegionInput, id),
  check: nothing,
  fields: ({ name, description, zones }) => ({ name, description, zones }),
  heldBy: (ctx, { name }) => ({
    hosts: countWhere(ctx, HostDocs, (host) => host.region === name),
    'desktop-pools': countWhere(ctx, PoolDocs, (pool) => pool.region === name),
    networks: countWhere(ctx, NetworkDocs, (network) => network.region === name),
    desktops: countWhere(ctx, DesktopDocs, (desktop) => desktop.region === name),
  }),
})

const hosts = writings({
  live: liveHosts,
  row: HostRow,
  input: HostInput,
  edit: z.extend(HostInput, id),
  check: (ctx, { region }) => unknownReferences(ctx, { region: [RegionDocs, region] }),
  fields: ({ name, description, region, zone, vcpus, memoryGiB, maintenance }) => ({
    name,
    description,
    region,
    zone,
    vcpus,
    memoryGiB,
    maintenance,
  }),
  heldBy: (ctx, { name }) => ({ desktops: countWhere(ctx, DesktopDocs, (desktop) => desktop.host === name) }),
})

const networks = writings({
  live: liveNetworks,
  row: NetworkRow,
  input: NetworkInput,
  edit: z.extend(NetworkInput, id),
  check: (ctx, { region }) => unknownReferences(ctx, { region: [RegionDocs, region] }),
  fields: ({ name, description, region, cidr, vlan }) => ({ name, description, region, cidr, vlan }),
  heldBy: (ctx, { name }) => ({ 'desktop-pools': countWhere(ctx, PoolDocs, (pool) => pool.network === name) }),
})

const policies = writings({
  live: livePolicies,
  row: PolicyRow,
  input: PolicyInput,
  edit: z.extend(PolicyInput, id),
  check: nothing,
  fields: ({ name, description, clipboard, usb, watermark, idleMinutes }) => ({
    name,
    description,
    clipboard,
    usb,
    watermark,
    idleMinutes,
  }),
  heldBy: (ctx, { name }) => ({ 'desktop-pools': countWhere(ctx, PoolDocs, (pool) => pool.policy === name) }),
})

const pools = writings({
  live: livePools,
  row: PoolRow,
  input: PoolInput,
  edit: z.extend(PoolInput, id),
  check: (ctx, { region, network, policy }) =>
    unknownReferences(ctx, {
      region: [RegionDocs, region],
      network: [NetworkDocs, network],
      policy: [PolicyDocs, policy],
    }),
  fields: ({ name, description, region, business, licensed, network, policy, provider }) => ({
    name,
    description,
    region,
    business,
    licensed,
    network,
    policy,
    provider,
  }),
  heldBy: (ctx, { name }) => ({ desktops: countWhere(ctx, DesktopDocs, (desktop) => desktop.pool === name) }),
  after: renameBusiness,
})

/** Desktops carry their pool's business name, so that their rows and their alarms show it. */
async function renameBusiness(ctx: Ctx, pool: PoolDoc): Promise<void> {
  const behind = (business: string | null) => business !== pool.business
  const ids: string[] = []
  for (const desktop of ctx.core.views.ofTenant(DesktopDocs, ctx.tenant)) {
    if (desktop.pool === pool.name && behind(desktop.business)) ids.push(desktop._id)
  }
  for (let from = 0; from < ids.length; from += 300) {
    await ctx.core.changes.each(ctx, DesktopDocs, ids.slice(from, from + 300), (desktop) =>
      desktop.pool === pool.name && behind(desktop.business)
        ? { next: { ...desktop, business: pool.business } }
        : { same: true },
    )
  }
}

const users = writings({
  live: liveUsers,
  row: UserRow,
  input: UserInput,
  edit: z.extend(UserInput, id),
  check: (ctx, { group }) => unknownReferences(ctx, { group: [UserGroupDocs, group] }),
  fields: ({ name, description, fullName, group }) => ({ name, description, fullName, group }),
  heldBy: (ctx, { name }) => ({ desktops: countWhere(ctx, DesktopDocs, (desktop) => desktop.user === name) }),
})

const groups = writings({
  live: liveUserGroups,
  row: UserGroupRow,
  input: UserGroupInput,
  edit: z.extend(UserGroupInput, id),
  check: nothing,
  fields: ({ name, description }) => ({ name, description }),
  heldBy: (ctx, { name }) => ({ users: countWhere(ctx, UserDocs, (user) => user.group === name) }),
})

export const nounCommands: Operation[] = [regions, hosts, networks, policies, pools, users, groups].flat()
