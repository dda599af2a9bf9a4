import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './stores/machine.mjs'

/** The script a browser must load before a first page works, per route, compressed; the largest route is held to the budget. */

const BUDGET = 120 * 1024
const client = join(root, '.svelte-kit/output/client')
const generated = '.svelte-kit/generated/client-optimized'

/** @typedef {{ file: string, imports?: string[] }} Chunk */
/** @type {Record<string, Chunk>} */
const manifest = JSON.parse(readFileSync(join(client, '.vite/manifest.json'), 'utf8'))

/** @param {string} key @param {Set<string>} seen */
function closure(key, seen) {
  const chunk = manifest[key]
  if (!chunk || seen.has(chunk.file)) return
  seen.add(chunk.file)
  for (const next of chunk.imports ?? []) closure(next, seen)
}

/** Kit's own table: route → page node, with the layouts around it. @returns {[route: string, nodes: number[]][]} */
function routes() {
  const app = readFileSync(join(root, generated, 'app.js'), 'utf8')
  const table = /export const dictionary = (\{[\s\S]*?\n\s*\});/.exec(app)?.[1] ?? '{}'
  return Object.entries(JSON.parse(table.replace(/~(\d+)/g, '$1'))).map(([route, entry]) => [
    route,
    [0, ...entry.flat(2).filter((/** @type {unknown} */ one) => typeof one === 'number')],
  ])
}

const sizes = new Map()
const sizeOf = (/** @type {string} */ file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(client, file)), { level: 9 }).length)
  return sizes.get(file)
}

const found = routes().map(([route, nodes]) => {
  const files = new Set()
  for (const key of Object.keys(manifest)) if (/client\/entry\.js$/.test(key)) closure(key, files)
  closure(`${generated}/app.js`, files)
  for (const node of nodes) closure(`${generated}/nodes/${node}.js`, files)
  return { route, bytes: [...files].reduce((sum, file) => sum + sizeOf(file), 0) }
})
found.sort((a, b) => b.bytes - a.bytes)
const [largest] = found
if (!largest) throw new Error('no routes found in the build')
console.log(
  `${(largest.bytes / 1024).toFixed(1)} KB gz of script at most (${largest.route}), budget ${BUDGET / 1024} KB`,
)
process.exitCode = largest.bytes > BUDGET ? 1 : 0
