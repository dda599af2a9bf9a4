import { installPackages } from './launch/install.mjs'
import { reasonOf, say } from './launch/progress.mjs'
import { runChecks } from './launch/checks.mjs'

/** `npm run check`: everything that can be judged without running the product. */
try {
  await installPackages(say)
  const { failed } = await runChecks()
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  say(reasonOf(error))
  process.exitCode = 1
}
