/** One running machine: started apart from us, so that it outlives us, and found again by its files. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import * as z from 'zod/mini'
import { must } from '../../core/must.ts'
import { findProgram, reasonOf } from '../disks/qemu-img.ts'
import { ProviderError, type BlockStatistics, type Screenshot } from '../provider.ts'
import { machineArguments, type Machine } from './machine.ts'
import { Qmp } from './qmp.ts'
import { clearMachineFiles, isMachine, processOf, processorSeconds, type MachineFiles } from './run-folder.ts'

/** What the tiny guest says of itself when it has started. */
export interface Ready {
  boot: number
  patch: string
}
const readyLine = /READY .*? boot (\d+) patch (\S+)\r?\n/g

const Status = z.object({ status: z.string() })
const BlockStats = z.array(
  z.object({
    'node-name': z.optional(z.string()),
    stats: z.object({
      rd_bytes: z.number(),
      wr_bytes: z.number(),
      rd_operations: z.number(),
      wr_operations: z.number(),
    }),
  }),
)
const endMs = 5_000
const listenMs = 10_000
const pollMs = 10
const keptHeard = 4_096

export class Guest {
  /** Resolves when its process has ended. */
  readonly ended: Promise<void>
  readonly pid: number
  readonly #files: MachineFiles
  #qmp: Qmp | null = null
  #serial: Socket | null = null
  #heard = ''
  #onHeard = new Set<() => void>()
  #end: () => void = () => undefined
  #isLeft = false
  /** It had to write and could not: QEMU holds it still. */
  #isOutOfSpace = false

  private constructor(pid: number, files: MachineFiles) {
    this.pid = pid
    this.#files = files
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  /** Started and not yet running: call `run`. */
  static async launch(machine: Machine, files: MachineFiles): Promise<Guest> {
    clearMachineFiles(files)
    await rm(files.said, { force: true })
    const pid = await begin(machineArguments(machine, files), files)
    try {
      return await Guest.#open(pid, files)
    } catch (error) {
      process.kill(pid, 'SIGKILL')
      throw error
    }
  }

  /** One that runs from before; null when there is none. */
  static async attach(files: MachineFiles): Promise<Guest | null> {
    const pid = processOf(files)
    if (pid === null) return null
    const guest = await Guest.#open(pid, files)
    if (existsSync(files.said)) guest.#hear(readFileSync(files.said, 'utf8'))
    return guest
  }

  static async #open(pid: number, files: MachineFiles): Promise<Guest> {
    const guest = new Guest(pid, files)
    guest.#qmp = await Qmp.open(
      files.qmp,
      (event) => guest.#happened(event),
      () => void guest.#closed(),
    )
    guest.#serial = connect(files.serial)
    guest.#serial.setEncoding('latin1').on('data', (text: string) => guest.#hear(text))
    // The line ends together with the machine, which is told by QMP.
    guest.#serial.on('error', () => undefined)
    return guest
  }

  async #closed(): Promise<void> {
    if (this.#isLeft) return
    while (isMachine(this.pid, this.#files)) await wait(pollMs)
    this.#serial?.destroy()
    clearMachineFiles(this.#files)
    this.#end()
  }

  #happened(event: string): void {
    if (event !== 'BLOCK_IO_ERROR') return
    this.#isOutOfSpace = true
    for (const tell of this.#onHeard) tell()
  }

  #hear(text: string): void {
    this.#heard = (this.#heard + text).slice(-keptHeard)
    for (const tell of this.#onHeard) tell()
  }

  /** What it said when it started last; null until then, and of guests that say nothing. */
  get ready(): Ready | null {
    const [, boot, patch] = [...this.#heard.matchAll(readyLine)].at(-1) ?? []
    return boot === undefined || patch === undefined ? null : { boot: Number(boot), patch }
  }

  run(): Promise<unknown> {
    return this.#ask('cont')
  }

  async untilReady(withinMs: number, signal: AbortSignal): Promise<Ready> {
    const waited = AbortSignal.any([signal, AbortSignal.timeout(withinMs)])
    await this.#until(() => this.ready !== null || this.#isOutOfSpace, waited)
    signal.throwIfAborted()
    if (this.#isOutOfSpace) throw new ProviderError('disk.no-space', 'no room for what the guest has to write')
    if (!this.ready) throw new ProviderError('guest.no-boot', `said nothing within ${withinMs / 1000} s`)
    return this.ready
  }

  /**
   * Says a line and hears it come back: the guest lives, not only its process. The line means nothing to a shell.
   * ms, null when nothing came in time.
   */
  async echo(withinMs: number): Promise<number | null> {
    const line = `: ${Math.random().toString(36).slice(2, 10)}`
    const before = performance.now()
    this.#serial?.write(`${line}\r\n`)
    await this.#until(() => this.#heard.includes(line), AbortSignal.timeout(withinMs))
    return this.#heard.includes(line) ? performance.now() - before : null
  }

  /** Returns when it holds, when the machine has ended, or when the signal says so. */
  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    if (holds()) return
    let look: () => void = () => undefined
    const heard = new Promise<void>((resolve) => {
      look = () => {
        if (holds()) resolve()
      }
      this.#onHeard.add(look)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([heard, this.ended])
    this.#onHeard.delete(look)
  }

  powerDown(): Promise<unknown> {
    return this.#ask('system_powerdown')
  }

  /** The plug is pulled; a machine that does not end by itself is killed. */
  async kill(): Promise<void> {
    const asked = this.#ask('quit').catch(() => undefined)
    await Promise.race([this.ended, asked.then(() => wait(endMs))])
    if (isMachine(this.pid, this.#files)) process.kill(this.pid, 'SIGKILL')
    await this.ended
  }

  async status(): Promise<string> {
    return Status.parse(await this.#ask('query-status')).status
  }

  async snapshot(name: string): Promise<void> {
    await this.#ask('blockdev-snapshot-internal-sync', { device: 'disk0', name })
  }
  async deleteSnapshot(name: string): Promise<void> {
    await this.#ask('blockdev-snapshot-delete-internal-sync', { device: 'disk0', name })
  }

  async screenshot(): Promise<Screenshot> {
    const at = Date.now()
    await this.#ask('screendump', { filename: this.#files.screen, format: 'png' })
    const base64 = await readFile(this.#files.screen, 'base64')
    await rm(this.#files.screen, { force: true })
    return { mime: 'image/png', base64, at }
  }

  async blockStatistics(): Promise<BlockStatistics> {
    const all = BlockStats.parse(await this.#ask('query-blockstats'))
    const { stats } = must(
      all.find((one) => one['node-name'] === 'disk0'),
      'the machine has this disk',
    )
    const { rd_bytes: readBytes, wr_bytes: writtenBytes, rd_operations: reads, wr_operations: writes } = stats
    return { readBytes, writtenBytes, reads, writes }
  }

  processorSeconds(): number | null {
    return processorSeconds(this.pid)
  }

  #ask(execute: string, args?: Record<string, unknown>): Promise<unknown> {
    return must(this.#qmp, 'it was opened').ask(execute, args)
  }

  /** Lets go of it; it runs on. */
  leave(): void {
    this.#isLeft = true
    this.#qmp?.close()
    this.#serial?.destroy()
  }
}

/** A session of its own: nothing that happens to us reaches it. Returns when it listens. */
async function begin(args: string[], files: MachineFiles): Promise<number> {
  const program = findProgram('qemu-system-x86_64')
  if (!program) throw new ProviderError('provider.not-offered', 'qemu-system-x86_64 is not installed')
  const env = { ...process.env, LC_ALL: 'C' }
  const child = spawn(program, args, { detached: true, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let failed: Error | null = null
  child.once('error', (error) => (failed = error))
  for (let waited = 0; waited < listenMs; waited += pollMs) {
    if (failed) throw new ProviderError('provider.fault', 'QEMU cannot be run', { cause: failed })
    if (child.exitCode !== null || child.signalCode !== null) throw await ended.then(() => failureOf(errors))
    // It listens at its line before it listens at QMP.
    if (child.pid && existsSync(files.qmp) && existsSync(files.serial)) {
      // From here on it stands alone; what it writes to a pipe without a reader is lost to nobody.
      child.stderr.destroy()
      child.unref()
      return child.pid
    }
    await wait(pollMs)
  }
  child.kill('SIGKILL')
  throw new ProviderError('provider.timeout', `QEMU does not listen after ${listenMs / 1000} s`)
}

function failureOf(errors: string): ProviderError {
  return new ProviderError(reasonOf(errors), errors.trim().split('\n').at(-1) || 'QEMU ended without a word')
}
