/** Providers of a test's own behind their doors in its DATA_DIR: servers and workers reach them as they would any other. */
import { join } from 'node:path'
import { endGuests } from '../../scripts/launch/guests.mjs'
import { createLogger } from '../../server/core/logger.ts'
import { DesktopDisks } from '../../server/fleet/disks/desktop-disks.ts'
import { fleetRoot, offer } from '../../server/fleet/port/offer.ts'
import { refOf, type DesktopSpec } from '../../server/fleet/provider.ts'
import { QemuProvider } from '../../server/fleet/qemu/provider.ts'
import type { ActFaults } from '../../server/fleet/simulated/faults-of-acts.ts'
import { simulatedImages } from '../../server/fleet/simulated/image.ts'
import { simulatedProvider, type Latencies, type SimulatedDesktop } from '../../server/fleet/simulated/provider.ts'
import { Random } from '../../server/fleet/simulated/random.ts'

const logger = createLogger('silent', 'test')
const quick: Latencies = { startMs: [50, 100], stopMs: [50, 100] }

export interface TestFleet {
  desktops: Map<string, SimulatedDesktop>
  /** May be changed at any time. */
  faults: ActFaults
  close: () => Promise<void>
}

/** Simulated desktops without agents: what the server knows of them it has from their provider. */
export async function offerSimulated(
  dataDir: string,
  names: readonly string[],
  { rate, latencies = quick, tenant = 'acme' }: { rate?: string; latencies?: Latencies; tenant?: string } = {},
): Promise<TestFleet> {
  const disks = new DesktopDisks({ root: fleetRoot(dataDir, 'simulated'), dataDir, images: simulatedImages, rate })
  const desktops = new Map(names.map((name) => [refOf(tenant, name), desktopOf({ tenant, name })]))
  for (const kept of disks.all()) if (!kept.gone && !desktops.has(kept.ref)) desktops.set(kept.ref, desktopOf(kept))
  for (const { ref } of disks.all()) await disks.takeBackUnfinished(ref, null)
  const faults = { hang: 0, lie: 0 }
  const fleet = {
    hosts: [{ name: 'h1', zone: 'z1', vcpus: 8, memoryGiB: 64 }],
    get: (ref: string) => desktops.get(ref),
    all: () => desktops.values(),
    hostFor: () => 'h1',
    add: (spec: DesktopSpec) => void desktops.set(refOf(spec.tenant, spec.name), desktopOf(spec)),
    remove: (ref: string) => void desktops.delete(ref),
  }
  const provider = simulatedProvider({ fleet, random: new Random(1), disks, latencies, faults })
  const door = await offer(provider, dataDir, logger)
  return { desktops, faults, close: () => door.close() }
}

function desktopOf({ tenant, name }: Pick<DesktopSpec, 'tenant' | 'name'>): SimulatedDesktop {
  const power = { powerOn: () => undefined, powerOff: () => undefined }
  return { tenant, name, host: 'h1', power: 'off', version: '0.1.0', patch: '1.30.0', load: 0.5, ...power }
}

/** Real machines; ended with it. */
export async function offerQemu(dataDir: string, rate?: string): Promise<{ close: () => Promise<void> }> {
  const provider = await QemuProvider.open({ root: fleetRoot(dataDir, 'qemu'), dataDir, logger, rate })
  const door = await offer(provider, dataDir, logger)
  return {
    async close() {
      await door.close()
      provider.leave()
      await endGuests(dataDir)
    },
  }
}

export const diskOf = (dataDir: string, provider: 'qemu' | 'simulated', ref: string) =>
  join(new DesktopDisks({ root: fleetRoot(dataDir, provider), dataDir, images: {} }).folder(ref), 'disk.qcow2')
