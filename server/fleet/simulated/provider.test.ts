import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLogger } from '../../core/logger.ts'
import { DesktopDisks } from '../disks/desktop-disks.ts'
import { guarded } from '../guarded.ts'
import { remoteProvider } from '../port/remote.ts'
import { serveProvider } from '../port/serve.ts'
import { ProviderError, refOf, type DesktopSpec, type Long } from '../provider.ts'
import { providerContract, type OpenOptions, type Opened } from '../provider-contract.ts'
import { simulatedImages } from './image.ts'
import { simulatedProvider, type SimulatedDesktop, type SimulatedOptions } from './provider.ts'
import { Random } from './random.ts'

const hosts = [{ name: 'h1', zone: 'z1', vcpus: 8, memoryGiB: 64 }]

function desktopOf({ tenant, name }: Pick<DesktopSpec, 'tenant' | 'name'>): SimulatedDesktop {
  const power = { powerOn: () => undefined, powerOff: () => undefined }
  return { tenant, name, host: 'h1', power: 'off', version: '0.1.0', patch: '1.30.0', load: 0.5, ...power }
}

async function open({ dataDir, rate, limits, ...more }: OpenOptions & Partial<SimulatedOptions>): Promise<Opened> {
  const disks = new DesktopDisks({ root: join(dataDir, 'fleet/simulated'), dataDir, images: simulatedImages, rate })
  const desktops = new Map<string, SimulatedDesktop>()
  for (const kept of disks.all()) if (!kept.gone) desktops.set(kept.ref, desktopOf(kept))
  for (const ref of desktops.keys()) await disks.takeBackUnfinished(ref, null)
  const fleet = {
    hosts,
    get: (ref: string) => desktops.get(ref),
    all: () => desktops.values(),
    hostFor: () => 'h1',
    add: (spec: DesktopSpec) => void desktops.set(refOf(spec.tenant, spec.name), desktopOf(spec)),
    remove: (ref: string) => void desktops.delete(ref),
  }
  const latencies = { startMs: [20, 40], stopMs: [20, 40] } as const
  const provider = simulatedProvider({ fleet, random: new Random(1), disks, latencies, ...more })
  // As servers and workers reach it.
  const socketPath = join(dataDir, 'fleet/port.sock')
  const paths = { socketPath, actsPath: join(dataDir, 'fleet/acts.ndjson') }
  const door = await serveProvider(guarded(provider, limits), { ...paths, logger: createLogger('silent', 'test') })
  const remote = remoteProvider('simulated', socketPath)
  return { provider: remote, close: async () => (remote.close(), door.close()) }
}

providerContract(open)

const long = (signal = new AbortController().signal): Long & { parts: (number | null)[] } => {
  const parts: (number | null)[] = []
  return { op: randomUUID(), signal, onProgress: ({ part }) => void parts.push(part), parts }
}
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof ProviderError ? error.code : error),
  )
const desktopsOf = (names: string[]) =>
  new Map(names.map((name) => [refOf('acme', name), desktopOf({ tenant: 'acme', name })]))
const fleetOf = (desktops: Map<string, SimulatedDesktop>) => ({
  hosts,
  get: (ref: string) => desktops.get(ref),
  all: () => desktops.values(),
  hostFor: () => 'h1',
  add: () => undefined,
  remove: () => undefined,
})
const latencies = { startMs: [5, 10], stopMs: [5, 10] } as const

test('where qemu-img is missing, power and probe work and everything of disks is said not to be offered', async () => {
  const fleet = fleetOf(desktopsOf(['D1']))
  const provider = guarded(simulatedProvider({ fleet, random: new Random(1), disks: null, latencies }))
  await provider.start('acme:d1', long())
  expect(await provider.probe('acme:d1')).toMatchObject({ power: 'running', patchVersion: '1.30.0', disks: null })
  expect(await provider.listHosts()).toMatchObject([{ name: 'h1', desktops: 1 }])
  expect(await codeOf(provider.createSnapshot('acme:d1', 'one', long()))).toBe('provider.not-offered')
  expect(await codeOf(provider.screenshot('acme:d1'))).toBe('provider.not-offered')
})

test('an act that hangs ends at its time limit, and one that lies about its progress is believed in nothing', async () => {
  const names = Array.from({ length: 60 }, (_, n) => `D${n}`)
  const faults = { hang: 0.3, lie: 0.5 }
  const outcomes: string[] = []
  let lies = 0
  for (const round of [1, 2]) {
    const fleet = fleetOf(desktopsOf(names))
    const inner = simulatedProvider({ fleet, random: new Random(7), disks: null, latencies, faults })
    const provider = guarded(inner, { quickMs: 300, copyMs: 300 })
    const acts = names.map(async (name) => {
      const watched = long()
      const code = await codeOf(provider.start(refOf('acme', name), watched))
      expect(watched.parts).toEqual(watched.parts.toSorted((a, b) => (a ?? 0) - (b ?? 0)))
      expect(watched.parts.includes(1)).toBe(code === 'done')
      expect((await provider.probe(refOf('acme', name))).power).toBe(code === 'done' ? 'running' : 'off')
      if (watched.parts[0] === 0.9) lies++
      outcomes.push(`${round} ${name} ${String(code)}`)
    })
    await Promise.all(acts)
  }
  const of = (round: number) => outcomes.filter((line) => line.startsWith(`${round} `)).map((line) => line.slice(2))
  expect(of(1).sort()).toEqual(of(2).sort())
  expect(of(1).filter((line) => line.endsWith('provider.timeout')).length).toBeGreaterThan(5)
  expect(of(1).filter((line) => line.endsWith('done')).length).toBeGreaterThan(5)
  expect(lies).toBeGreaterThan(5)
})
