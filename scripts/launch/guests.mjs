import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The machines of the qemu provider outlive its process on purpose; only the end of the whole installation ends them.
 * Each has `DATA_DIR/run/vm/<hash>.pid`, and its command line names the socket beside it.
 */

/** @param {string} dir @returns {number[]} process ids of machines that run */
function guestsOf(dir) {
  const folder = join(dir, 'run/vm')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.pid'))
    .map((name) => ({ pid: Number(readPid(join(folder, name))), socket: join(folder, name.replace(/pid$/, 'qmp')) }))
    .filter(({ pid, socket }) => pid > 1 && commandLine(pid).includes(socket))
    .map(({ pid }) => pid)
}

/** @param {string} path */
function readPid(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '0' // it has just ended and taken its file away
  }
}

/** @param {number} pid */
function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // no such process
  }
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function tell(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/**
 * Guests hold on to nobody, so somebody has to end them when we are killed with no chance to: a shell that is told of
 * our death. @param {string} dir @returns {() => void} lets it go
 */
export function tieGuests(dir) {
  const script = fileURLToPath(new URL('end-guests.mjs', import.meta.url))
  // The news may come more than once: after the first none is heard, and who ends the guests is not told at all.
  const wait = `trap 'trap "" TERM; kill $!; "$0" "$1" "$2"; exit' TERM; while :; do sleep 86400 & wait $!; done`
  const args = ['--pdeathsig', 'TERM', '--', 'sh', '-c', wait, process.execPath, script, dir]
  const shell = spawn('setpriv', args, { detached: true, stdio: 'ignore' })
  shell.unref()
  return () => {
    if (shell.pid && shell.exitCode === null) tell(-shell.pid, 'SIGKILL')
  }
}

/** Pulls all plugs; QEMU writes its disks' tables on SIGTERM. @param {string} dir @param {number} [patienceMs] */
export async function endGuests(dir, patienceMs = 5_000) {
  for (const pid of guestsOf(dir)) tell(pid, 'SIGTERM')
  const deadline = Date.now() + patienceMs
  while (guestsOf(dir).length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
  killGuests(dir)
}

/** @param {string} dir */
export function killGuests(dir) {
  for (const pid of guestsOf(dir)) tell(pid, 'SIGKILL')
}
