import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the machine has, and how a missing part is brought. No dependencies: runs before anything is installed. */

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const cacheDir = join(root, 'node_modules/.cache/deskwatch')

/** @typedef {(line: string) => void} Say */

/** @param {string} name @returns {string | undefined} the full path of a program on PATH */
export function which(name) {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find(isProgram)
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false // the ordinary answer for a folder of PATH that does not hold the program
  }
}

/**
 * Starts a process that dies with us, even when we are killed with no chance to say so.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {import('node:child_process').ChildProcess}
 */
export function spawnTied(command, args, options) {
  const setpriv = which('setpriv')
  return setpriv
    ? spawn(setpriv, ['--pdeathsig', 'KILL', '--', command, ...args], options)
    : spawn(command, args, options)
}

/**
 * Runs a program to its end and returns what it printed; a failure carries the last lines.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, finish?: boolean }} [options] finish: it must end its work even without us
 * @returns {Promise<string>}
 */
export function run(command, args, { finish = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = (finish ? spawn : spawnTied)(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-100_000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${command} ${args[0] ?? ''} failed (${signal ?? code}):\n${output.trim().slice(-2000)}`))
    })
  })
}

export const canApt = () =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && which('apt-get') !== undefined

/** @type {Promise<unknown> | undefined} */
let updated

/**
 * Installs Debian packages; another apt on the machine is waited for.
 * @param {string[]} packages
 * @param {Say} say
 */
export async function aptInstall(packages, say) {
  const started = Date.now()
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  say(`apt-get install ${packages.join(' ')} …`)
  updated ??= run('apt-get', [...wait, 'update'], { env, finish: true })
  await updated
  await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], { env, finish: true })
  say(`apt-get install ${packages.join(' ')}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

/**
 * A program of the machine, brought by apt where we may; else one error that names every way out.
 * @param {{ names: string[], packages: string[], say: Say, purpose: string, ways: string }} wanted
 * @returns {Promise<string>}
 */
export async function findOrInstall({ names, packages, say, purpose, ways }) {
  const found = firstOf(names)
  if (found) return found
  if (canApt()) await aptInstall(packages, say)
  const installed = firstOf(names)
  if (installed) return installed
  throw new Error(`${purpose} needs ${names.join(' or ')}, which is not on PATH. ${ways}`)
}

/** @param {string[]} names */
const firstOf = (names) => names.map(which).find((path) => path !== undefined)
