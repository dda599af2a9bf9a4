import { delimiter, dirname, join } from 'node:path'
import { cacheDir, root, spawnTied } from '../stores/machine.mjs'
import { findNode } from './install.mjs'

/** Runs the project's own tools under the project's own Node. */

/** @param {string} node */
const environment = (node) => ({
  ...process.env,
  NODE_COMPILE_CACHE: join(cacheDir, 'compiled'),
  PATH: [dirname(node), join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter),
})

/**
 * @param {string[]} args what follows `node`
 * @param {Record<string, string>} [env]
 * @returns {Promise<number>} the exit code; output goes straight to the terminal
 */
export async function runNode(args, env = {}) {
  const { node } = await findNode()
  const child = spawnTied(node, args, { cwd: root, env: { ...environment(node), ...env }, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/**
 * Like `runNode`, but keeps the output for when it is needed.
 * @param {string[]} args
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function runQuiet(args) {
  const { node } = await findNode()
  const child = spawnTied(node, args, { cwd: root, env: environment(node), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ ok: code === 0, output }))
  })
}
