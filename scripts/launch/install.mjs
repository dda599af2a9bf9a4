import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root, spawnTied } from '../stores/machine.mjs'

/** The project's own packages and its own Node, brought before anything else is imported. */

const OLDEST_NODE = [22, 18] // the first that runs TypeScript as it stands

/** @param {import('../stores/machine.mjs').Say} say */
export async function installPackages(say) {
  if (await packagesAreCurrent()) return
  say('npm ci: installing the packages of package-lock.json …')
  await npmCi()
  if (!(await packagesAreCurrent()))
    throw new Error('npm ci ended well, but node_modules does not match package-lock.json')
}

/** npm keeps what it installed in a lock of its own; optional packages of other platforms are missing there. */
async function packagesAreCurrent() {
  const installed = await packagesOf(join(root, 'node_modules/.package-lock.json'))
  const wanted = await packagesOf(join(root, 'package-lock.json'))
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    const found = installed[path]
    return path === '' || link || (found ? found.version === version : optional === true)
  })
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, { version?: string, optional?: boolean, link?: boolean }>>}
 */
async function packagesOf(file) {
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')).packages : {}
}

/** @returns {Promise<void>} */
function npmCi() {
  const npm = process.env['npm_execpath']
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  return new Promise((resolve, reject) => {
    // Under npm's own variables a nested npm would read the outer command's flags.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(config|package|lifecycle)_/.test(name)),
    )
    const child = spawnTied(command, [...args, 'ci', '--no-fund', '--no-audit', '--loglevel', 'error'], {
      cwd: root,
      env,
      stdio: 'inherit',
    })
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm ci failed (${code})`))))
  })
}

/** @returns {Promise<{ node: string, version: string }>} the Node that runs the project */
export async function findNode() {
  const own = join(root, 'node_modules/.bin/node')
  for (const node of [own, process.execPath]) {
    const version = await versionOf(node)
    if (version && isNewEnough(version)) return { node, version }
  }
  throw new Error(
    `Deskwatch needs Node ${OLDEST_NODE.join('.')} or newer: no package brings it to this platform, and this is ${process.version}`,
  )
}

/** @param {string} node */
async function versionOf(node) {
  try {
    return (await promisify(execFile)(node, ['--version'])).stdout.trim().slice(1)
  } catch {
    return undefined // not there, or built for another platform: the next one is tried
  }
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}
