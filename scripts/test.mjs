import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChecks } from './launch/checks.mjs'
import { endWithUs } from './launch/end-with-us.mjs'
import { installPackages } from './launch/install.mjs'
import { reasonOf, say, timed } from './launch/progress.mjs'
import { runNode } from './launch/project.mjs'
import { bringTestTools } from './launch/test-tools.mjs'
import { root } from './stores/machine.mjs'

/**
 * `npm test`: set-up, checks, tests; ends with `N passed, N failed` and says it by its exit code too.
 * `npm test -- web sync` runs these projects only, without the checks.
 */

const chosen = process.argv.slice(2)
const RUNS = chosen.length > 0 ? [chosen] : [['unit', 'web', 'sync', 'journeys'], ['browser']]

async function main() {
  const interrupted = () => process.exit(1)
  endWithUs(interrupted, interrupted)
  await timed('packages', () => installPackages(say))
  const env = await timed('tools', () => bringTestTools(say))
  const total = chosen.length > 0 ? { passed: 0, failed: 0 } : await runChecks()
  const dir = await mkdtemp(join(tmpdir(), 'deskwatch-test-'))
  for (const projects of RUNS) {
    const { passed, failed } = await runVitest(projects, join(dir, `${projects[0]}.json`), env)
    total.passed += passed
    total.failed += failed
  }
  await rm(dir, { recursive: true })
  return total
}

/** @param {string[]} projects @param {string} report @param {Record<string, string>} env */
async function runVitest(projects, report, env) {
  say(`tests: ${projects.join(', ')}`)
  const flags = projects.flatMap((name) => ['--project', name])
  const reporters = ['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`]
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const code = await runNode([vitest, 'run', '--passWithNoTests', ...flags, ...reporters], env)
  const { passed, failed } = await countOf(report)
  // A run that fails without a failed test (a file that cannot be loaded, an unhandled error) is a failure all the same.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

/** @param {string} report */
async function countOf(report) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(await readFile(report, 'utf8'))
    const unloaded = testResults.filter(
      (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.length === 0,
    )
    return { passed: numPassedTests, failed: numFailedTests + unloaded.length }
  } catch (error) {
    say(`no report of the tests: ${reasonOf(error)}`)
    return { passed: 0, failed: 1 }
  }
}

const { passed, failed } = await main().catch((error) => {
  say(reasonOf(error))
  return { passed: 0, failed: 1 }
})
process.exitCode = failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed`)
