import { join } from 'node:path'
import { root } from '../stores/machine.mjs'
import { say } from './progress.mjs'
import { runQuiet } from './project.mjs'

/** One line per step; a step's output is shown only when it fails. */

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path)

/** @type {[name: string, args: string[]][]} */
const STEPS = [
  ['generated types', [tool('@sveltejs/kit/svelte-kit.js'), 'sync']],
  ['format', [tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['lint', [tool('eslint/bin/eslint.js'), '.']],
  ['types outside the app', [tool('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.node.json']],
  ['types of the app', [tool('svelte-check/bin/svelte-check'), '--tsconfig', './tsconfig.json', '--fail-on-warnings']],
  [
    'imports',
    [tool('dependency-cruiser/bin/dependency-cruiser.mjs'), 'server', 'workers', 'agent', 'src', 'tests', 'scripts'],
  ],
  ['dead code', [tool('knip/bin/knip.js')]],
  ['build', [join(root, 'scripts/build.mjs')]],
  ['size of the first page', [join(root, 'scripts/size-budget.mjs')]],
]

/** @returns {Promise<{ passed: number, failed: number }>} */
export async function runChecks() {
  let failed = 0
  for (const [name, args] of STEPS) {
    const began = performance.now()
    const { ok, output } = await runQuiet(args)
    const note = name.startsWith('size') ? ` ${output.trim()}` : ''
    say(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)${ok ? note : ''}`)
    if (ok) continue
    failed += 1
    console.log(output.trim())
  }
  return { passed: STEPS.length - failed, failed }
}
