/** Twenty real desktops at once, as the fleet process holds them: memory, processor time, and its own sudden death. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { endGuests } from '../../scripts/launch/guests.mjs'
import { buildLinuxGuest } from '../../scripts/linux-guest.mjs'
import { createLogger } from '../../server/core/logger.ts'
import { must } from '../../server/core/must.ts'
import { fleetRoot } from '../../server/fleet/port/offer.ts'
import { openProviders } from '../../server/fleet/port/providers.ts'
import type { Long } from '../../server/fleet/provider.ts'
import { QemuProvider } from '../../server/fleet/qemu/provider.ts'
import { processorSeconds } from '../../server/fleet/qemu/run-folder.ts'
import { until } from '../support/until.ts'

const idleSeconds = 30

export async function guestsRun(count: number, say: (line: string) => void): Promise<boolean> {
  const dataDir = await mkdtemp(join(tmpdir(), 'deskwatch-guests-'))
  let fleet = startFleet(dataDir)
  const providers = openProviders(dataDir)
  const qemu = providers.of('qemu')
  try {
    const refs: string[] = []
    const starts: number[] = []
    for (let n = 0; n < count; n++) {
      const spec = { tenant: 'acme', name: `SOAK-${n}`, image: 'guest', vcpus: 1, memoryMiB: 16, diskGiB: 0 }
      refs.push((await qemu.create({ ...spec, network: '', policy: '' }, long(`create ${n}`))).ref)
    }
    for (const ref of refs) {
      const before = performance.now()
      await qemu.start(ref, long(`start ${ref}`))
      starts.push(performance.now() - before)
    }
    const pids = await pidsOf(dataDir)
    const memory = pids.map(memoryOf)
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
    const used = () => sum(pids.map((pid) => processorSeconds(pid) ?? 0))
    const before = used()
    await wait(idleSeconds * 1_000)
    const idle = (used() - before) / idleSeconds

    const killedAt = performance.now()
    fleet.kill('SIGKILL')
    await once(fleet, 'exit')
    fleet = startFleet(dataDir)
    await until('all guests are held again', async () => {
      const all = await qemu.listDesktops()
      return all.length === count && all.every(({ power }) => power === 'running')
    })
    const heldAgain = performance.now() - killedAt
    const same = (await pidsOf(dataDir)).join() === pids.join()
    const stops: number[] = []
    for (const ref of refs) {
      const at = performance.now()
      await qemu.stop(ref, { force: false, graceMs: 10_000 }, long(`stop ${ref}`))
      stops.push(performance.now() - at)
    }
    const left = (await pidsOf(dataDir)).length
    const median = (values: number[]) => Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0)
    const mib = (of: 'Rss' | 'Pss') => Math.round(sum(memory.map((one) => one[of])) / 1024)
    say(`${count} guests: start ${median(starts)} ms (median, most ${Math.round(Math.max(...starts))}),`)
    say(
      `  memory ${mib('Rss')} MiB resident, ${mib('Pss')} MiB when shared pages count once (${Math.round(mib('Pss') / count)} each),`,
    )
    say(`  idle ${(idle * 100).toFixed(1)} % of one core for all over ${idleSeconds} s,`)
    say(`  fleet process killed: all held again after ${Math.round(heldAgain)} ms, the same processes: ${same},`)
    say(`  asked to go off ${median(stops)} ms (median), left over ${left}`)
    return same && left === 0
  } finally {
    providers.close()
    fleet.kill('SIGTERM')
    await once(fleet, 'exit')
    await endGuests(dataDir)
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The Linux guest: made, started, asked over its serial line, switched off by its power button. */
export async function linuxGuestRun(say: (line: string) => void): Promise<boolean> {
  await buildLinuxGuest()
  const dataDir = await mkdtemp(join(tmpdir(), 'deskwatch-linux-'))
  const provider = await QemuProvider.open({
    root: fleetRoot(dataDir, 'qemu'),
    dataDir,
    logger: createLogger('warn', 'soak'),
  })
  try {
    const spec = { tenant: 'acme', name: 'LINUX-1', image: 'linux', vcpus: 1, memoryMiB: 80, diskGiB: 0 }
    const { ref } = await provider.create({ ...spec, network: '', policy: '' }, long('create'))
    const boots: number[] = []
    let off = 0
    for (let n = 0; n < 2; n++) {
      const before = performance.now()
      await provider.start(ref, long(`start ${n}`))
      const started = performance.now() - before
      const [running] = [...provider.running()]
      const { guest } = must(running, 'it runs')
      boots.push(guest.ready?.boot ?? 0)
      const echo = await guest.echo(10_000)
      const { Rss } = memoryOf(guest.pid)
      const asked = performance.now()
      await provider.stop(ref, { force: false, graceMs: 30_000 }, long(`stop ${n}`))
      off = performance.now() - asked
      say(
        `linux guest: start ${Math.round(started)} ms, ${Math.round(Rss / 1024)} MiB resident, echo ${Math.round(echo ?? -1)} ms, off ${Math.round(off)} ms`,
      )
    }
    return boots.join() === '1,2'
  } finally {
    provider.leave()
    await endGuests(dataDir)
    await rm(dataDir, { recursive: true, force: true })
  }
}

function startFleet(dataDir: string): ChildProcess {
  const main = join(import.meta.dirname, '../../server/fleet/qemu/main.ts')
  const env = { ...process.env, DATA_DIR: dataDir, LOG_LEVEL: 'warn' }
  return spawn(process.execPath, [main], { env, stdio: ['ignore', 'inherit', 'inherit'] })
}

const long = (op: string): Long => ({ op, signal: new AbortController().signal, onProgress: () => undefined })

async function pidsOf(dataDir: string): Promise<number[]> {
  const folder = join(dataDir, 'run/vm')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.pid')).sort()
  return Promise.all(files.map(async (name) => Number(await readFile(join(folder, name), 'utf8'))))
}

/** KiB */
function memoryOf(pid: number): { Rss: number; Pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { Rss: of('Rss'), Pss: of('Pss') }
}
