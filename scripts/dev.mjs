import { join } from 'node:path'
import { dataDir, demoPassword, holdAlone, letGo, makeDataDir, masterKeyFile, writeEnv } from './launch/data-dir.mjs'
import { endWithUs } from './launch/end-with-us.mjs'
import { findNode, installPackages } from './launch/install.mjs'
import { reasonOf, say } from './launch/progress.mjs'
import { isWritten, planStores, serverProgram, workerProgram } from './launch/stack.mjs'
import { Supervisor } from './launch/supervisor.mjs'
import { root, run } from './stores/machine.mjs'

/** `npm run dev`: the databases, one server and one worker that restart when a file changes, and Vite in front. */

const port = Number(process.env['PORT'] ?? 3000)
const dir = dataDir()
const supervisor = new Supervisor(dir, say, { toTerminal: true })

async function main() {
  await makeDataDir(dir)
  holdAlone(dir)
  endWithUs(
    (why) => void end(why, 0),
    () => supervisor.killAll(),
  )
  await installPackages(say)
  const { node } = await findNode()
  const stores = await planStores(dir, say)
  await Promise.all(stores.programs.map((one) => supervisor.start(one)))
  const password = demoPassword(dir)
  const env = {
    MONGODB_URI: stores.mongoUrl,
    REDIS_URL: stores.redisUrl,
    DATA_DIR: dir,
    MASTER_KEY_FILE: masterKeyFile(dir),
  }
  writeEnv(dir, { ...env, PORT: String(port) })
  const seed = { ...process.env, ...env, DEMO: '1', DEMO_PASSWORD: password }
  await run(node, [join(root, 'server/seed-main.ts'), '--desktops', '200'], { cwd: root, env: seed })
  const programs = [serverProgram(node, 1, port, env), workerProgram(node, 1, env)].filter(isWritten)
  const watched = programs.map((one) => ({ ...one, args: ['--watch', '--watch-preserve-output', ...one.args] }))
  const vite = {
    name: 'vite',
    command: node,
    args: [join(root, 'node_modules/vite/bin/vite.js')],
    env: { DEV_API: `http://127.0.0.1:${port}` },
    stage: 4,
  }
  await Promise.all([...watched, vite].map((one) => supervisor.start(one)))
  say(`admin@acme and the others sign in with: ${password}`)
}

/** @param {string} why @param {number} code */
async function end(why, code) {
  say(why)
  await supervisor.stop()
  letGo(dir)
  process.exit(code)
}

main().catch((error) => {
  if (!supervisor.stopping) void end(`cannot start: ${reasonOf(error)}`, 1)
})
