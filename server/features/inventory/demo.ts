/** Puts the demo fleet's plan into the inventory; what is there already stays as it is. */
import { cpus, hostname, totalmem } from 'node:os'
import type { Core, Write } from '../../core/core.ts'
import type { Collection, Doc } from '../../core/feature.ts'
import { demoDesktops } from '../../fleet/qemu/demo.ts'
import { planFleet, type FleetPlan } from '../../fleet/simulated/plan.ts'
import {
  DesktopDocs,
  HostDocs,
  inventoryId,
  NetworkDocs,
  newDesktop,
  PolicyDocs,
  PoolDocs,
  RegionDocs,
  UserDocs,
  UserGroupDocs,
  type DesktopDoc,
  type HostDoc,
  type NetworkDoc,
  type PolicyDoc,
  type PoolDoc,
  type RegionDoc,
  type UserDoc,
  type UserGroupDoc,
} from './model.ts'

const mostPerWrite = 300

export async function seedDemoInventory(
  core: Pick<Core, 'views' | 'changes' | 'clock'>,
  ask: { tenant: string; desktops: number; seed: number },
): Promise<{ written: number }> {
  return writeMissing(core, writesOf(planFleet(ask), core.clock.now()))
}

async function writeMissing(core: Pick<Core, 'views' | 'changes'>, writes: Write[]): Promise<{ written: number }> {
  const missing = writes.filter(({ collection, doc }) => core.views.get(collection, doc._id) === undefined)
  let written = 0
  for (let from = 0; from < missing.length; from += mostPerWrite) {
    const results = await core.changes.write(missing.slice(from, from + mostPerWrite))
    // Somebody else's document under that name stands: it is no demo's business to replace it.
    written += results.filter(({ ok }) => ok).length
  }
  return { written }
}

/** The real desktops of the qemu provider and the machine that they run on: this one. */
export async function seedQemuDesktops(core: Pick<Core, 'views' | 'changes' | 'clock'>, count: number) {
  const region = '本机'
  const writes = demoDesktops(count).map(({ tenant, name }): Write => {
    const doc: DesktopDoc = { ...newDesktop(tenant, name, 'qemu', core.clock.now()), host: hostname(), region }
    return { collection: DesktopDocs, base: 0, doc }
  })
  if (writes.length === 0) return { written: 0 }
  const tenant = 'acme'
  const at = (name: string) => ({ _id: inventoryId(tenant, name), v: 0, tenant, name, description: '' })
  const place: RegionDoc = { ...at(region), zones: ['local'] }
  const size = { vcpus: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) }
  const host: HostDoc = { ...at(hostname()), region, zone: 'local', maintenance: false, ...size }
  return writeMissing(core, [
    { collection: RegionDocs, base: 0, doc: place },
    { collection: HostDocs, base: 0, doc: host },
    ...writes,
  ])
}

function writesOf(plan: FleetPlan, now: number): Write[] {
  const { tenant, region } = plan
  const write = <D extends Doc & { name: string }>(collection: Collection<D>, fields: Omit<D, keyof Doc>): Write => {
    const name = String((fields as { name?: unknown }).name)
    return { collection, base: 0, doc: { _id: inventoryId(tenant, name), v: 0, tenant, ...fields } }
  }
  const zones = region.zones
  const groups = [...new Set(plan.pools.map(({ group }) => group))]
  return [
    write<RegionDoc>(RegionDocs, { name: region.name, description: '', zones }),
    ...plan.policies.map((name, index) =>
      write<PolicyDoc>(PolicyDocs, {
        name,
        description: '',
        clipboard: index === 0 ? 'both' : 'off',
        usb: index === 0,
        watermark: index > 0,
        idleMinutes: index === 0 ? null : 30,
      }),
    ),
    ...zones.map((zone, index) =>
      write<NetworkDoc>(NetworkDocs, {
        name: `${zone}-desktops`,
        description: '',
        region: region.name,
        cidr: `10.${16 + index}.0.0/16`,
        vlan: 100 + index,
      }),
    ),
    ...plan.pools.map(({ name, business, network, policy }) =>
      write<PoolDoc>(PoolDocs, {
        name,
        description: '',
        region: region.name,
        business,
        licensed: true,
        network,
        policy,
        provider: 'simulated',
      }),
    ),
    ...plan.hosts.map(({ name, zone, vcpus, memoryGiB }) =>
      write<HostDoc>(HostDocs, {
        name,
        description: '',
        region: region.name,
        zone,
        vcpus,
        memoryGiB,
        maintenance: false,
      }),
    ),
    ...groups.map((name) => write<UserGroupDoc>(UserGroupDocs, { name, description: '' })),
    ...plan.desktops.map(({ user, group }) =>
      write<UserDoc>(UserDocs, { name: user, description: '', fullName: user, group }),
    ),
    ...plan.desktops.map(({ name, pool, business, host, region: at, user }): Write => {
      const doc: DesktopDoc = { ...newDesktop(tenant, name, 'simulated', now), pool, business, host, region: at, user }
      return { collection: DesktopDocs, base: 0, doc }
    }),
  ]
}
