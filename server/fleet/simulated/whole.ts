/** All tenants' simulated fleets as the one that the provider sees; desktops made or deleted since the plan are kept by their disks. */
import type { DesktopDisks } from '../disks/desktop-disks.ts'
import { ProviderError, refOf } from '../provider.ts'
import type { FleetDesktop } from './desktop.ts'
import type { Fleet } from './fleet.ts'
import type { SimulatedFleet } from './provider.ts'

export async function wholeFleet(fleets: readonly Fleet[], disks: DesktopDisks | null): Promise<SimulatedFleet> {
  const fleetOf = new Map(fleets.map((fleet) => [fleet.tenant, fleet]))
  const desktops = new Map<string, FleetDesktop>()
  const enter = (desktop: FleetDesktop) => {
    desktops.set(refOf(desktop.tenant, desktop.name), desktop)
    return desktop
  }
  const ofTenant = (tenant: string) => {
    const fleet = fleetOf.get(tenant)
    if (!fleet) throw new ProviderError('provider.invalid', `no simulated fleet of tenant ${tenant}`)
    return fleet
  }
  const remove = (ref: string) => {
    const desktop = desktops.get(ref)
    if (desktop) fleetOf.get(desktop.tenant)?.remove(desktop)
    desktops.delete(ref)
  }
  for (const fleet of fleets) for (const desktop of fleet.desktops) enter(desktop)
  for (const { ref, tenant, name, host, gone } of disks?.all() ?? []) {
    const fleet = fleetOf.get(tenant)
    if (gone) remove(ref)
    else if (fleet && !desktops.has(ref)) enter(fleet.add(name, host))
    if (!gone) await disks?.takeBackUnfinished(ref, null)
  }
  return {
    hosts: fleets.flatMap(({ hosts }) => hosts),
    get: (ref) => desktops.get(ref),
    all: () => desktops.values(),
    hostFor: (tenant) => ofTenant(tenant).emptiestHost(),
    add: ({ tenant, name }, host) => void enter(ofTenant(tenant).add(name, host)),
    remove,
  }
}
