/**
 * The simulated fleet behind the provider interface. Power is made up, with latencies and faults from a seed; disks are
 * small but real files, made when they are first needed, and everything done to them is done by qemu-img.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { must } from '../../core/must.ts'
import type { DesktopDisks, LiveDisk } from '../disks/desktop-disks.ts'
import {
  ProviderError,
  refOf,
  type Capability,
  type DesktopProvider,
  type DesktopSpec,
  type HostAt,
  type Long,
  type PowerState,
  type Probe,
} from '../provider.ts'
import { noFaults, suffer, type ActFaults } from './faults-of-acts.ts'
import type { PlannedHost } from './plan.ts'
import type { Random } from './random.ts'

/** What the provider sees and moves of one simulated desktop. */
export interface SimulatedDesktop {
  tenant: string
  name: string
  host: string
  power: PowerState
  version: string
  patch: string
  /** Busy by nature, 0–1. */
  load: number
  powerOn: () => void
  powerOff: () => void
}

export interface SimulatedFleet {
  hosts: readonly PlannedHost[]
  get: (ref: string) => SimulatedDesktop | undefined
  all: () => Iterable<SimulatedDesktop>
  hostFor: (tenant: string) => string
  add: (spec: DesktopSpec, host: string) => void
  remove: (ref: string) => void
}

export interface Latencies {
  startMs: readonly [number, number]
  stopMs: readonly [number, number]
}
const usualLatencies: Latencies = { startMs: [3_000, 9_000], stopMs: [1_000, 4_000] }

export interface SimulatedOptions {
  fleet: SimulatedFleet
  random: Random
  /** null: no qemu-img on this machine, so nothing of disks is offered. */
  disks: DesktopDisks | null
  latencies?: Latencies
  faults?: ActFaults
}

/** A guest that does not listen to its power button. */
export const deafImage = 'guest-deaf'
const smallest = { vcpus: 2, memoryMiB: 4_096, diskGiB: 0, network: '', policy: '' }

export function simulatedProvider(options: SimulatedOptions): DesktopProvider {
  const { fleet, random, latencies = usualLatencies, faults = noFaults } = options
  const known = (ref: string) => {
    const desktop = fleet.get(ref)
    if (!desktop) throw new ProviderError('provider.unknown-desktop', `no desktop ${ref} in this fleet`)
    return desktop
  }
  const disks = () => must(options.disks, 'acts on disks are offered only where there are some')
  /** The desktop with a disk that is really there. */
  const withDisk = async (ref: string): Promise<SimulatedDesktop> => {
    const desktop = known(ref)
    if (disks().get(ref)) return desktop
    const { tenant, name, host } = desktop
    const signal = new AbortController().signal
    await disks().create({ tenant, name, image: 'simulated', ...smallest }, host, { ...quiet, op: 'lazy', signal })
    return desktop
  }
  const onlyOff = ({ name, power }: SimulatedDesktop, what: string) => {
    if (power !== 'off') throw new ProviderError('provider.state', `${name} is ${power}: ${what} needs it off`)
  }
  const settled = ({ name, power }: SimulatedDesktop) => {
    if (power === 'off' || power === 'running') return power
    throw new ProviderError('provider.state', `${name} is ${power}`)
  }
  const live = (ref: string): LiveDisk | null => (known(ref).power === 'running' ? disks().unheld(ref) : null)

  return {
    name: 'simulated',
    offers: new Set<Capability>(
      options.disks
        ? ['hosts', 'power', 'probe', 'create', 'delete', 'snapshots', 'export', 'check']
        : ['hosts', 'power', 'probe'],
    ),
    listHosts: async () => {
      const byHost = Map.groupBy(fleet.all(), ({ host }) => host)
      return fleet.hosts.map((host) => hostAt(host, byHost.get(host.name) ?? []))
    },
    listDesktops: async () =>
      [...fleet.all()].map(({ tenant, name, host, power }) => ({ ref: refOf(tenant, name), host, power })),
    async probe(ref): Promise<Probe> {
      const { power, host, version, patch } = options.disks ? await withDisk(ref) : known(ref)
      const described = options.disks ? await disks().describe(ref, false) : null
      return { power, host, agentVersion: version, patchVersion: patch, disks: described, trouble: null }
    },
    async start(ref, long) {
      const desktop = known(ref)
      const moves = { from: ['off'], during: 'starting', to: 'running' } as const
      await change(desktop, moves, async () => {
        await suffer(faults, random, long)
        await pass(random.between(...latencies.startMs), long)
      })
      desktop.powerOn()
    },
    async stop(ref, { force, graceMs }, long) {
      const desktop = known(ref)
      const from: PowerState[] = force ? ['running', 'starting'] : ['running']
      await change(desktop, { from, during: 'stopping', to: 'off' }, async () => {
        await suffer(faults, random, long)
        if (force) return
        if (options.disks?.get(ref)?.image !== deafImage) return pass(random.between(...latencies.stopMs), long)
        await pass(graceMs, long)
        throw new ProviderError('guest.ignored-acpi', `${desktop.name} runs on after ${graceMs} ms`)
      })
      desktop.powerOff()
    },
    async create(spec, long) {
      const ref = refOf(spec.tenant, spec.name)
      const again = disks().get(ref)?.op === long.op
      if (fleet.get(ref) && !again) throw new ProviderError('provider.exists', `${ref} is there already`)
      await suffer(faults, random, long)
      const { host } = await disks().create(spec, fleet.hostFor(spec.tenant), long)
      if (!fleet.get(ref)) fleet.add(spec, host)
      return { ref, host, power: known(ref).power }
    },
    async delete(ref, long) {
      const desktop = known(ref)
      onlyOff(desktop, 'deletion')
      await suffer(faults, random, long)
      if (disks().get(ref)) await disks().delete(ref)
      await disks().rememberGone(desktop.tenant, desktop.name)
      fleet.remove(ref)
    },
    async createSnapshot(ref, name, long) {
      settled(await withDisk(ref))
      await suffer(faults, random, long)
      return disks().createSnapshot(ref, name, long, live(ref))
    },
    async listSnapshots(ref) {
      await withDisk(ref)
      return disks().listSnapshots(ref, false)
    },
    async restoreSnapshot(ref, name, long) {
      onlyOff(await withDisk(ref), 'restoring')
      await suffer(faults, random, long)
      await disks().restoreSnapshot(ref, name, long.signal)
    },
    async deleteSnapshot(ref, name, long) {
      await withDisk(ref)
      await suffer(faults, random, long)
      await disks().deleteSnapshot(ref, name, live(ref))
    },
    async exportImage(from, to, long) {
      const desktop = await withDisk(from.ref)
      if (from.snapshot === null) onlyOff(desktop, 'an export of its disk')
      await suffer(faults, random, long)
      return disks().exportImage({ ...from, running: false }, to, long)
    },
    async checkDisk(ref, long) {
      onlyOff(await withDisk(ref), 'a check of its disk')
      await suffer(faults, random, long)
      return disks().check(ref, long.signal)
    },
    screenshot: () => notOffered('console'),
    blockStatistics: () => notOffered('console'),
  }
}

const quiet = { onProgress: () => undefined }
const notOffered = async (what: string): Promise<never> => {
  throw new ProviderError('provider.not-offered', `the simulated provider does not offer ${what}`)
}

interface Change {
  from: readonly PowerState[]
  during: PowerState
  to: PowerState
}

/** Goes back where it came from when it does not come to its end. */
async function change(
  desktop: SimulatedDesktop,
  { from, during, to }: Change,
  act: () => Promise<void>,
): Promise<void> {
  const before = desktop.power
  if (!from.includes(before))
    throw new ProviderError('provider.state', `${desktop.name} is ${before}, not ${from.join(' or ')}`)
  desktop.power = during
  try {
    await act()
    desktop.power = to
  } catch (error) {
    desktop.power = before
    throw error
  }
}

async function pass(ms: number, { signal, onProgress }: Long): Promise<void> {
  const steps = 10
  for (let step = 1; step <= steps; step++) {
    await wait(ms / steps, undefined, { signal })
    onProgress({ part: step / steps })
  }
}

function hostAt(host: PlannedHost, on: readonly SimulatedDesktop[]): HostAt {
  const running = on.filter(({ power }) => power === 'running')
  const load = running.reduce((sum, desktop) => sum + desktop.load, 0)
  const percent = (value: number) => Math.round(Math.min(100, value))
  return {
    name: host.name,
    zone: host.zone,
    vcpus: host.vcpus,
    memoryGiB: host.memoryGiB,
    desktops: on.length,
    cpu: percent(10 + load * 5),
    memory: percent(15 + running.length * 2.5),
  }
}
