import { findNode, installPackages } from './launch/install.mjs'
import { reasonOf, say, timed } from './launch/progress.mjs'
import { buildWeb } from './launch/web.mjs'

/** `npm run build`: the web app, as static files in build/ that the server hands out. */
try {
  await installPackages(say)
  const { node } = await findNode()
  await timed('web app', () => buildWeb(node, say))
} catch (error) {
  say(reasonOf(error))
  process.exitCode = 1
}
