/** The simulated fleet behind the provider interface: hosts, power and probe; the rest is refused as not offered. */
import { setTimeout as wait } from 'node:timers/promises'
import {
  ProviderError,
  type Capability,
  type DesktopProvider,
  type HostAt,
  type Long,
  type PowerState,
  type Probe,
} from '../provider.ts'
import type { PlannedHost } from './plan.ts'
import type { Random } from './random.ts'

/** What the provider sees and moves of one simulated desktop. */
export interface SimulatedDesktop {
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

export interface Latencies {
  startMs: readonly [number, number]
  stopMs: readonly [number, number]
}
const usualLatencies: Latencies = { startMs: [3_000, 9_000], stopMs: [1_000, 4_000] }

export function simulatedProvider(
  hosts: readonly PlannedHost[],
  desktops: ReadonlyMap<string, SimulatedDesktop>,
  random: Random,
  latencies: Latencies = usualLatencies,
): DesktopProvider {
  const known = (ref: string) => {
    const desktop = desktops.get(ref)
    if (!desktop) throw new ProviderError('provider.unknown-desktop', `no desktop ${ref} in this fleet`)
    return desktop
  }
  const notOffered = (what: string) => async (): Promise<never> => {
    throw new ProviderError('provider.not-offered', `the simulated provider does not offer ${what}`)
  }
  return {
    name: 'simulated',
    offers: new Set<Capability>(['hosts', 'power', 'probe']),
    listHosts: async () =>
      hosts.map((host) =>
        hostAt(
          host,
          [...desktops.values()].filter((desktop) => desktop.host === host.name),
        ),
      ),
    async probe(ref): Promise<Probe> {
      const { power, host, version, patch } = known(ref)
      // No disk is simulated, so nothing is said about disks.
      return { power, host, agentVersion: version, patchVersion: patch, disks: null }
    },
    async start(ref, long) {
      const desktop = known(ref)
      await change(
        desktop,
        { from: ['off'], during: 'starting', to: 'running' },
        random.between(...latencies.startMs),
        long,
      )
      desktop.powerOn()
    },
    async stop(ref, { force }, long) {
      const desktop = known(ref)
      const from: PowerState[] = force ? ['running', 'starting'] : ['running']
      await change(
        desktop,
        { from, during: 'stopping', to: 'off' },
        force ? 0 : random.between(...latencies.stopMs),
        long,
      )
      desktop.powerOff()
    },
    create: notOffered('create'),
    delete: notOffered('delete'),
    createSnapshot: notOffered('snapshots'),
    deleteSnapshot: notOffered('snapshots'),
    exportImage: notOffered('export'),
  }
}

interface Change {
  from: readonly PowerState[]
  during: PowerState
  to: PowerState
}

/** Takes its time, says how far it is, and goes back where it came from when cancelled. */
async function change(
  desktop: SimulatedDesktop,
  { from, during, to }: Change,
  ms: number,
  { signal, onProgress }: Long,
): Promise<void> {
  const before = desktop.power
  if (!from.includes(before))
    throw new ProviderError('provider.state', `${desktop.name} is ${before}, not ${from.join(' or ')}`)
  desktop.power = during
  try {
    const steps = 10
    for (let step = 1; step <= steps; step++) {
      await wait(ms / steps, undefined, { signal })
      onProgress({ part: step / steps })
    }
    desktop.power = to
  } catch (error) {
    desktop.power = before
    throw new ProviderError('provider.cancelled', `${desktop.name} stays ${before}`, { cause: error })
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
