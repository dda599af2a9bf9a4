import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoPassword, dataDir, holdAlone, letGo, makeDataDir, masterKeyFile, writeEnv } from './launch/data-dir.mjs'
import { endGuests, killGuests, tieGuests } from './launch/guests.mjs'
import { endWithUs } from './launch/end-with-us.mjs'
import { readFlags } from './launch/flags.mjs'
import { findNode, installPackages } from './launch/install.mjs'
import { reasonOf, say, timed } from './launch/progress.mjs'
import { whyNoQemu } from './launch/qemu.mjs'
import {
  fleetProgram,
  isWritten,
  planStores,
  qemuProgram,
  refuseTakenPort,
  serverProgram,
  workerProgram,
} from './launch/stack.mjs'
import { Supervisor } from './launch/supervisor.mjs'
import { buildWeb } from './launch/web.mjs'
import { cacheDir, root, run } from './stores/machine.mjs'

/**
 * `npm start`: the whole system with a demo, from a fresh clone. Uses nothing but Node 20 and npm until it has
 * installed the rest.
 */

/** `--web 0` starts the servers without building the web app; `--qemu` is the number of real desktops, 0 for none. */
const defaults = { nodes: 1, workers: 1, desktops: 200, qemu: 4, web: 1, port: Number(process.env['PORT'] ?? 3000) }
const dir = dataDir()
const supervisor = new Supervisor(dir, say)
let untieGuests = () => {}

async function main() {
  const flags = readFlags(process.argv.slice(2), defaults)
  await makeDataDir(dir)
  holdAlone(dir)
  endWithUs((why) => void end(`stopping (${why})`, 0), endNow)
  const ports = Array.from({ length: Math.max(1, flags.nodes) }, (_, i) => flags.port + i)
  for (const port of ports) await refuseTakenPort(port)

  await timed('packages', () => installPackages(say))
  const { node, version } = await findNode()
  say(`Node ${version}`)
  const [stores, build, noQemu] = await Promise.all([
    startStores(),
    flags.web ? timed('web app', () => buildWeb(node, say)) : 'none',
    flags.qemu ? whyNoQemu(say) : 'of --qemu 0',
  ])
  const demo = { desktops: flags.desktops, qemu: noQemu ? 0 : flags.qemu }
  const password = demoPassword(dir)
  const shared = {
    MONGODB_URI: stores.mongoUrl,
    REDIS_URL: stores.redisUrl,
    DATA_DIR: dir,
    MASTER_KEY_FILE: masterKeyFile(dir),
    BUILD: build,
    // Compiled modules are kept: it halves the time a process needs to start.
    NODE_COMPILE_CACHE: join(cacheDir, 'compiled'),
    // As many as keep the fleet's usual noise below a flood.
    ALARM_POSITIONS: process.env['ALARM_POSITIONS'] ?? String(Math.max(3, Math.ceil(flags.desktops / 160))),
    ...(process.env['PUBLIC_ORIGIN'] ? { PUBLIC_ORIGIN: process.env['PUBLIC_ORIGIN'] } : {}),
  }
  writeEnv(dir, { ...shared, PORT: String(flags.port) })
  const seeded = await seed(node, demo, { ...shared, DEMO: '1', DEMO_PASSWORD: password })
  await startPrograms(node, { ...flags, ...demo }, ports, shared)
  banner(ports, [...stores.engines, noQemu ? `provider qemu: off, because ${noQemu}` : 'provider qemu'], {
    value: password,
    isNew: seeded,
  })
}

async function startStores() {
  const stores = await planStores(dir, say)
  await Promise.all(stores.programs.map((one) => timed(one.name, () => supervisor.start(one))))
  return stores
}

/**
 * The seed is safe to repeat, but costs a second: it is left out while the same seed stands in our own database.
 * @param {string} node
 * @param {{ desktops: number, qemu: number }} demo
 * @param {Record<string, string>} env
 * @returns {Promise<boolean>} whether it ran
 */
async function seed(node, { desktops, qemu }, env) {
  const program = join(root, 'server/seed-main.ts')
  const stamp = join(dir, 'mongo/seeded')
  const key = createHash('sha256')
    .update(readFileSync(program))
    .update(`${desktops} ${qemu} ${env['DEMO_PASSWORD']}`)
    .digest('hex')
  const ours = existsSync(join(dir, 'mongo')) && process.env['MONGODB_URI'] === undefined
  const stands = [stamp, join(dir, 'fleet-token')].every((file) => existsSync(file))
  if (ours && stands && readFileSync(stamp, 'utf8') === key) return false
  await timed('demo data', () =>
    run(node, [program, '--desktops', String(desktops), '--qemu', String(qemu)], {
      cwd: root,
      env: { ...process.env, ...env },
    }),
  )
  if (ours) writeFileSync(stamp, key)
  return true
}

/**
 * @param {string} node
 * @param {typeof defaults} flags
 * @param {number[]} ports
 * @param {Record<string, string>} env
 */
async function startPrograms(node, flags, ports, env) {
  const servers = ports.map((port, i) => serverProgram(node, i + 1, port, env))
  const workers = Array.from({ length: flags.workers }, (_, i) => workerProgram(node, i + 1, env))
  const server = `http://127.0.0.1:${flags.port}`
  if (flags.qemu > 0) untieGuests = tieGuests(dir)
  const fleet = [
    ...(flags.desktops > 0 ? [fleetProgram(node, flags.desktops, server, env)] : []),
    ...(flags.qemu > 0 ? [qemuProgram(node, flags.qemu, server, env)] : []),
  ]
  for (const part of [[...servers, ...workers], fleet]) {
    for (const one of part.filter((program) => !isWritten(program)))
      say(`${one.name} is left out: ${one.args[0]} does not exist`)
    await Promise.all(part.filter(isWritten).map((one) => timed(one.name, () => supervisor.start(one))))
  }
}

/** @param {number[]} ports @param {string[]} engines @param {{ value: string, isNew: boolean }} password */
function banner(ports, engines, password) {
  if (supervisor.stopping) return
  const addresses = ports.map((port) => `http://localhost:${port}`)
  const accounts = 'admin@acme operator@acme operator2@acme viewer@acme auditor@acme (the same @globex), admin@platform'
  const shown = password.isNew
    ? password.value
    : process.env['DEMO_PASSWORD']
      ? 'as DEMO_PASSWORD says'
      : `in ${join(dir, 'demo-password')}`
  const lines = [
    `Deskwatch is ready: ${addresses.join('  ')}`,
    ...(ports.length > 1 ? ['(one address per server node; every node shows the same, live)'] : []),
    `accounts: ${accounts}`,
    `password: ${shown}`,
    `engines:  ${engines.join(', ')}`,
    `data:     ${dir} (logs in logs/); Ctrl-C ends everything`,
  ]
  say('ready')
  console.log(`\n${lines.map((line) => `  ${line}`).join('\n')}\n`)
}

/** @param {string} why @param {number} code */
async function end(why, code) {
  say(why)
  await supervisor.stop()
  await endGuests(dir)
  untieGuests()
  letGo(dir)
  say('all processes have ended')
  process.exit(code)
}

function endNow() {
  supervisor.killAll()
  killGuests(dir)
  untieGuests()
  letGo(dir)
  process.exit(1)
}

main().catch((error) => {
  if (!supervisor.stopping) void end(`Deskwatch cannot start: ${reasonOf(error)}`, 1)
})
