import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from '../stores/machine.mjs'
import { say } from './progress.mjs'
import { runQuiet } from './project.mjs'

/** One line per step; a step's output is shown only when it fails. */

const SOURCES = ['server', 'workers', 'agent', 'src', 'tests', 'scripts']

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path)

/** @typedef {[name: string, args: string[]]} Step */

/** Groups follow each other; the steps of a group share the machine's cores. @type {Step[][]} */
const GROUPS = [
  [['generated types', [tool('@sveltejs/kit/svelte-kit.js'), 'sync']]],
  [
    ['lint', [tool('eslint/bin/eslint.js'), '.']],
    [
      'types of the app',
      [tool('svelte-check/bin/svelte-check'), '--tsconfig', './tsconfig.json', '--fail-on-warnings'],
    ],
    ['types outside the app', [tool('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.node.json']],
    ['format', [tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
    ['imports', [tool('dependency-cruiser/bin/dependency-cruiser.mjs'), ...SOURCES]],
    ['dead code', [tool('knip/bin/knip.js')]],
  ],
  [['build', [join(root, 'scripts/build.mjs')]]],
  [['size of the first page', [join(root, 'scripts/size-budget.mjs')]]],
]
const AT_ONCE = Math.min(4, availableParallelism())

/** @returns {Promise<{ passed: number, failed: number }>} */
export async function runChecks() {
  const total = { passed: 0, failed: 0 }
  for (const group of GROUPS) {
    const waiting = [...group]
    const work = async () => {
      for (let step = waiting.shift(); step; step = waiting.shift())
        total[(await check(step)) ? 'passed' : 'failed'] += 1
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }
  return total
}

/** @param {Step} step */
async function check([name, args]) {
  const began = performance.now()
  const { ok, output } = await runQuiet(args)
  const figure = name.startsWith('size') ? `: ${output.trim()}` : ''
  say(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)${figure}`)
  if (!ok && !figure) console.log(output.trim())
  return ok
}
