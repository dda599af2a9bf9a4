import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir, root, run } from '../stores/machine.mjs'

/** The web app is built again only when something it is made of has changed. */

const SOURCES = [
  'src',
  'static',
  'svelte.config.js',
  'vite.config.ts',
  'package-lock.json',
  'server/core/wire.ts',
  'server/features',
]
const OUTPUTS = ['build/index.html', '.svelte-kit/output/client/.vite/manifest.json']
const stamp = join(cacheDir, 'web-build')

/**
 * @param {string} node
 * @param {import('../stores/machine.mjs').Say} say
 * @returns {Promise<string>} the hash of the sources, which names the build
 */
export async function buildWeb(node, say) {
  const hash = await hashOf(SOURCES)
  if (OUTPUTS.every((file) => existsSync(join(root, file))) && (await builtHash()) === hash) return hash
  say('vite build: building the web app …')
  await run(node, [join(root, 'node_modules/vite/bin/vite.js'), 'build'], { cwd: root })
  await mkdir(cacheDir, { recursive: true })
  await writeFile(stamp, hash)
  return hash
}

const builtHash = async () => (existsSync(stamp) ? await readFile(stamp, 'utf8') : '')

/** @param {string[]} paths */
async function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) {
    for (const file of await filesOf(path)) hash.update(file).update(await readFile(join(root, file)))
  }
  return hash.digest('hex').slice(0, 12)
}

/** @param {string} path @returns {Promise<string[]>} what the browser may be made of: of rooms only the shared files */
async function filesOf(path) {
  if (!existsSync(join(root, path))) return []
  if ((await stat(join(root, path))).isFile()) return [path]
  const names = await readdir(join(root, path), { recursive: true, withFileTypes: true })
  return names
    .filter((one) => one.isFile() && !one.name.endsWith('.test.ts'))
    .map((one) => join(one.parentPath, one.name).slice(root.length))
    .filter((file) => !file.startsWith('server/features') || /(contract|machine)\.ts$/.test(file))
    .sort()
}
