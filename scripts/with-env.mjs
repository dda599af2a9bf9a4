import { dataDir, readEnv } from './launch/data-dir.mjs'
import { runNode } from './launch/project.mjs'

/** Runs a program of the project beside a running installation: it finds the databases that the launcher started. */
const dir = dataDir()
const running = readEnv(dir)
const named = Object.fromEntries(
  Object.keys(running).flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
)
process.exitCode = await runNode(process.argv.slice(2), { ...running, ...named, DATA_DIR: dir })
