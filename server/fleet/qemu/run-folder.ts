/** What a running machine shows of itself in DATA_DIR/run/vm: its sockets, its process, what it said. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { refuseLongPath } from '../port/wire.ts'

export interface MachineFiles {
  qmp: string
  serial: string
  pid: string
  /** Everything that it said on its serial line. */
  said: string
  screen: string
}

/** `folder` is the desktop's own, whose name is safe and its own. */
export function machineFiles(runDir: string, folder: string): MachineFiles {
  const hash = basename(folder).slice(-12)
  const of = (end: string) => refuseLongPath(join(runDir, `${hash}.${end}`))
  return { qmp: of('qmp'), serial: of('tty'), pid: of('pid'), said: of('log'), screen: of('png') }
}

export function clearMachineFiles(files: MachineFiles): void {
  for (const path of [files.qmp, files.serial, files.pid, files.screen]) rmSync(path, { force: true })
}

/** The process of this machine, never one that was given its number later; null when it has ended. */
export function processOf(files: MachineFiles): number | null {
  if (!existsSync(files.pid)) return null
  const pid = Number(readFileSync(files.pid, 'utf8'))
  return Number.isInteger(pid) && pid > 1 && isMachine(pid, files) ? pid : null
}

/** Its command line names this machine's socket, which no other has; a process that ended has none. */
export function isMachine(pid: number, files: MachineFiles): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(files.qmp)
  } catch {
    return false // no such process
  }
}

/** Seconds of processor time that it took so far. */
export function processorSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // utime and stime in ticks of a hundredth, as Linux gives them to programs on every common machine.
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return null // ended
  }
}
