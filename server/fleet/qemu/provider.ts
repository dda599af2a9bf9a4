/** Real desktops on this machine: qcow2 disks, worked on by qemu-img, and QEMU machines that are held by QMP. */
import { cpus, freemem, hostname, totalmem } from 'node:os'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { DesktopDisks, type LiveDisk } from '../disks/desktop-disks.ts'
import type { Kept } from '../disks/folder.ts'
import {
  capabilities,
  ProviderError,
  type DesktopProvider,
  type HostAt,
  type Long,
  type PowerState,
  type Probe,
} from '../provider.ts'
import { Guest } from './guest.ts'
import { guestImages, leastLinuxMemory, linuxImage, linuxKernel } from './images.ts'
import { machineFiles, type MachineFiles } from './run-folder.ts'

export interface QemuOptions {
  root: string
  dataDir: string
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
  rate?: string | undefined
  /** A guest says that it started within this time, ms. */
  bootMs?: number
}

export class QemuProvider implements DesktopProvider {
  readonly name = 'qemu'
  readonly offers = new Set(capabilities)
  readonly #disks: DesktopDisks
  readonly #runDir: string
  readonly #logger: QemuOptions['logger']
  readonly #bootMs: number
  readonly #guests = new Map<string, Guest>()
  /** Between two states. */
  readonly #moving = new Map<string, 'starting' | 'stopping'>()
  #load = loadNow()
  #isLeft = false

  private constructor(options: QemuOptions) {
    this.#logger = options.logger
    this.#bootMs = options.bootMs ?? 30_000
    this.#runDir = join(options.dataDir, 'run', 'vm')
    mkdirSync(this.#runDir, { recursive: true, mode: 0o700 })
    this.#disks = new DesktopDisks({ ...options, images: guestImages() })
  }

  /** Takes up the machines that run from before, and takes back what a process that died had begun. */
  static async open(options: QemuOptions): Promise<QemuProvider> {
    const provider = new QemuProvider(options)
    for (const { ref } of provider.#disks.all()) {
      const guest = await Guest.attach(provider.#files(ref))
      if (guest) provider.#take(ref, guest)
      await provider.#disks.takeBackUnfinished(ref, guest)
    }
    if (provider.#guests.size > 0) options.logger.info({ guests: provider.#guests.size }, 'running guests taken up')
    return provider
  }

  /** Starts what ran when everything ended, machine and all. */
  async resume(): Promise<void> {
    for (const { ref, runs } of this.#disks.all()) {
      if (!runs || this.#guests.has(ref) || this.#isLeft) continue
      const long = { op: 'resume', signal: new AbortController().signal, onProgress: () => undefined }
      await this.start(ref, long).catch((error: unknown) =>
        this.#logger.error({ err: error, desktop: ref }, 'it ran before and does not start again'),
      )
    }
  }

  /** Lets go of all machines; they run on. */
  leave(): void {
    this.#isLeft = true
    for (const guest of this.#guests.values()) guest.leave()
  }

  /** Those that run, with what they are. */
  *running(): Generator<{ kept: Kept; guest: Guest }> {
    for (const [ref, guest] of this.#guests) {
      const kept = this.#disks.get(ref)
      if (kept && this.#power(ref) === 'running') yield { kept, guest }
    }
  }

  async listHosts(): Promise<HostAt[]> {
    const before = this.#load
    this.#load = loadNow()
    const busy = (this.#load.busy - before.busy) / Math.max(1, this.#load.all - before.all)
    return [
      {
        name: hostname(),
        zone: 'local',
        vcpus: cpus().length,
        memoryGiB: Math.round(totalmem() / 2 ** 30),
        desktops: [...this.#disks.all()].length,
        cpu: Math.round(busy * 100),
        memory: Math.round((1 - freemem() / totalmem()) * 100),
      },
    ]
  }

  async listDesktops() {
    return [...this.#disks.all()].map(({ ref, host }) => ({ ref, host, power: this.#power(ref) }))
  }

  async probe(ref: string): Promise<Probe> {
    const { host } = this.#known(ref)
    const power = this.#power(ref)
    const guest = this.#guests.get(ref)
    const status = power === 'running' && guest ? await guest.status() : null
    return {
      power,
      host,
      // Nothing of ours runs inside: the fleet process speaks for the guest.
      agentVersion: null,
      patchVersion: guest?.ready?.patch ?? null,
      disks: await this.#disks.describe(ref, guest !== undefined),
      trouble: status === 'io-error' ? 'disk.no-space' : null,
    }
  }

  async start(ref: string, { signal }: Long): Promise<void> {
    const { name, image, vcpus, memoryMiB } = this.#known(ref)
    this.#only(ref, ['off'])
    await this.#move(ref, 'starting', async () => {
      const kernel = image === linuxImage ? linuxKernel() : null
      const machine = { name, disk: this.#disks.path(ref), vcpus, memoryMiB, kernel }
      const guest = await Guest.launch(machine, this.#files(ref))
      try {
        signal.throwIfAborted()
        await guest.run()
        // Under emulation a whole system takes its time.
        await guest.untilReady(kernel ? this.#bootMs * 4 : this.#bootMs, signal)
      } catch (error) {
        await guest.kill()
        throw error
      }
      this.#take(ref, guest)
    })
    await this.#noteRuns(ref, true)
  }

  async stop(ref: string, { force, graceMs }: { force: boolean; graceMs: number }, { signal }: Long): Promise<void> {
    this.#known(ref)
    this.#only(ref, ['running'])
    const guest = this.#guest(ref)
    await this.#move(ref, 'stopping', async () => {
      if (force) return guest.kill()
      await guest.powerDown()
      const waited = AbortSignal.any([signal, AbortSignal.timeout(graceMs)])
      const over = new Promise<'over'>((resolve) =>
        waited.addEventListener('abort', () => resolve('over'), { once: true }),
      )
      if ((await Promise.race([guest.ended, over])) !== 'over') return
      signal.throwIfAborted()
      throw new ProviderError('guest.ignored-acpi', `runs on ${graceMs / 1000} s after its power button was pressed`)
    })
    await this.#noteRuns(ref, false)
  }

  async create(...[spec, long]: Parameters<DesktopProvider['create']>) {
    if (spec.image === linuxImage && spec.memoryMiB < leastLinuxMemory)
      throw new ProviderError('provider.invalid', `this image needs ${leastLinuxMemory} MiB of memory`)
    const { ref, host } = await this.#disks.create(spec, hostname(), long)
    return { ref, host, power: this.#power(ref) }
  }

  async delete(ref: string): Promise<void> {
    this.#known(ref)
    this.#only(ref, ['off'])
    await this.#disks.delete(ref)
  }

  async createSnapshot(ref: string, name: string, long: Long) {
    this.#known(ref)
    this.#only(ref, ['off', 'running'])
    return this.#disks.createSnapshot(ref, name, long, this.#live(ref))
  }

  async listSnapshots(ref: string) {
    this.#known(ref)
    return this.#disks.listSnapshots(ref, this.#guests.has(ref))
  }

  async restoreSnapshot(ref: string, name: string, { signal }: Long): Promise<void> {
    this.#known(ref)
    this.#only(ref, ['off'])
    await this.#disks.restoreSnapshot(ref, name, signal)
  }

  async deleteSnapshot(ref: string, name: string): Promise<void> {
    this.#known(ref)
    this.#only(ref, ['off', 'running'])
    await this.#disks.deleteSnapshot(ref, name, this.#live(ref))
  }

  async exportImage(from: { ref: string; snapshot: string | null }, to: string, long: Long) {
    this.#known(from.ref)
    this.#only(from.ref, from.snapshot === null ? ['off'] : ['off', 'running'])
    return this.#disks.exportImage({ ...from, running: this.#guests.has(from.ref) }, to, long)
  }

  async checkDisk(ref: string, { signal }: Long) {
    this.#known(ref)
    this.#only(ref, ['off'])
    return this.#disks.check(ref, signal)
  }

  async screenshot(ref: string) {
    this.#known(ref)
    this.#only(ref, ['running'])
    return this.#guest(ref).screenshot()
  }

  async blockStatistics(ref: string) {
    this.#known(ref)
    this.#only(ref, ['running'])
    return this.#guest(ref).blockStatistics()
  }

  #known(ref: string): Kept {
    const kept = this.#disks.get(ref)
    if (!kept) throw new ProviderError('provider.unknown-desktop', `no desktop ${JSON.stringify(ref)} on this machine`)
    return kept
  }

  #files(ref: string): MachineFiles {
    return machineFiles(this.#runDir, this.#disks.folder(ref))
  }

  #power(ref: string): PowerState {
    return this.#moving.get(ref) ?? (this.#guests.has(ref) ? 'running' : 'off')
  }

  #only(ref: string, states: readonly PowerState[]): void {
    const power = this.#power(ref)
    if (!states.includes(power))
      throw new ProviderError('provider.state', `${ref} is ${power}, not ${states.join(' or ')}`)
  }

  #guest(ref: string): Guest {
    const guest = this.#guests.get(ref)
    if (!guest) throw new ProviderError('guest.died', `${ref} has ended`)
    return guest
  }

  #live(ref: string): LiveDisk | null {
    return this.#guests.get(ref) ?? null
  }

  async #move(ref: string, to: 'starting' | 'stopping', act: () => Promise<void>): Promise<void> {
    this.#moving.set(ref, to)
    try {
      await act()
    } finally {
      this.#moving.delete(ref)
    }
  }

  /** What it does is done; that it cannot be noted is no reason to call it failed. */
  async #noteRuns(ref: string, runs: boolean): Promise<void> {
    await this.#disks.noteRuns(ref, runs).catch((error: unknown) => {
      this.#logger.warn({ err: error, desktop: ref, runs }, 'after a restart of everything it will not be as it is now')
    })
  }

  /** Holds it until it ends, however it ends. */
  #take(ref: string, guest: Guest): void {
    this.#guests.set(ref, guest)
    void guest.ended.then(async () => {
      this.#guests.delete(ref)
      if (!this.#isLeft) await this.#noteRuns(ref, false)
    })
  }
}

/** Processor time of the whole machine, ms. */
function loadNow(): { busy: number; all: number } {
  let [busy, all] = [0, 0]
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq
    busy += used
    all += used + times.idle
  }
  return { busy, all }
}
