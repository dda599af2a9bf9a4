import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { root } from '../stores/machine.mjs'

/** What an installation keeps in its data folder beside the databases: keys, the demo's password, who runs. */

export const dataDir = () => resolve(root, process.env['DATA_DIR'] ?? './data')

/** @param {string} dir */
export async function makeDataDir(dir) {
  for (const part of ['run', 'logs']) await mkdir(join(dir, part), { recursive: true, mode: 0o750 })
}

/** @param {string} dir @param {string} name */
export const pidFile = (dir, name) => join(dir, 'run', `${name}.pid`)

/** One launcher per data folder: two would start two databases on the same files. @param {string} dir */
export function holdAlone(dir) {
  const file = pidFile(dir, 'launcher')
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  if (pid !== process.pid && isLauncher(pid)) {
    throw new Error(
      `Deskwatch already runs on ${dir} (process ${pid}). Stop it first, or set DATA_DIR to another folder.`,
    )
  }
  writeFileSync(file, `${process.pid}\n`)
}

/** @param {string} dir */
export function letGo(dir) {
  const file = pidFile(dir, 'launcher')
  if (!existsSync(file) || Number(readFileSync(file, 'utf8')) !== process.pid) return
  for (const one of [file, join(dir, 'run/env.json')]) rmSync(one, { force: true })
}

/** A process id is used again after a reboot: look at what the process is. @param {number} pid */
function isLauncher(pid) {
  if (!pid || !isAlive(pid)) return false
  const commandLine = `/proc/${pid}/cmdline`
  return !existsSync(commandLine) || /scripts\/(start|dev)\.mjs/.test(readFileSync(commandLine, 'utf8'))
}

/** A process that has ended but was not yet waited for counts as ended. @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
  } catch {
    return false // no such process
  }
  const stat = `/proc/${pid}/stat`
  return !existsSync(stat) || !/\) [ZX] /.test(readFileSync(stat, 'utf8'))
}

/** @param {string} dir @param {string} name */
export const dropPidFile = (dir, name) => rmSync(pidFile(dir, name), { force: true })

/**
 * A secret made once and readable by its owner only.
 * @param {string} file
 * @param {() => string} make
 */
function secret(file, make) {
  if (!existsSync(file)) writeFileSync(file, `${make()}\n`, { mode: 0o600, flag: 'wx' })
  return readFileSync(file, 'utf8').trim()
}

/** @param {string} dir */
export function masterKeyFile(dir) {
  const file = process.env['MASTER_KEY_FILE'] ?? join(dir, 'master.key')
  secret(file, () => randomBytes(32).toString('base64'))
  return file
}

/** `DEMO_PASSWORD`, else one made at the first start. @param {string} dir */
export const demoPassword = (dir) =>
  process.env['DEMO_PASSWORD'] || secret(join(dir, 'demo-password'), () => randomBytes(9).toString('base64url'))

/**
 * Where the processes of a running installation find each other, for commands started beside it.
 * @param {string} dir
 * @param {Record<string, string>} env
 */
export function writeEnv(dir, env) {
  writeFileSync(join(dir, 'run/env.json'), `${JSON.stringify(env, null, 2)}\n`, { mode: 0o600 })
}

/** @param {string} dir @returns {Record<string, string>} */
export function readEnv(dir) {
  const file = join(dir, 'run/env.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}
