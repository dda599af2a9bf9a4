import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ask, freePort } from '../stores/child.mjs'
import { root } from '../stores/machine.mjs'
import { planMongo } from '../stores/mongo.mjs'
import { planRedis } from '../stores/redis.mjs'

/** The programs of an installation: their order, their settings, and how each is known to be ready. */

const DATABASE = 1
const WORKER = 2
const SERVER = 3
const FLEET = 4

/**
 * @typedef {object} Stores
 * @property {string} redisUrl
 * @property {string} mongoUrl
 * @property {string[]} engines
 * @property {import('./supervisor.mjs').Program[]} programs those that are ours to start
 */

/** @param {string} dir @param {import('../stores/machine.mjs').Say} say @returns {Promise<Stores>} */
export async function planStores(dir, say) {
  const [namedRedis, namedMongo] = [process.env['REDIS_URL'], process.env['MONGODB_URI']]
  const redis = namedRedis ? undefined : await planRedis({ dir: join(dir, 'redis'), port: await freePort(), say })
  const mongo = namedMongo ? undefined : await planMongo({ dir: join(dir, 'mongo'), port: await freePort(), say })
  return {
    redisUrl: namedRedis ?? `${redis?.url}/0`,
    mongoUrl: namedMongo ?? `${mongo?.url}/deskwatch`,
    engines: [redis?.engine ?? 'Redis of REDIS_URL', mongo?.engine ?? 'MongoDB of MONGODB_URI'],
    programs: [
      ...(redis ? [{ ...redis, name: 'redis', stage: DATABASE }] : []),
      ...(mongo ? [{ ...mongo, name: 'mongo', stage: DATABASE }] : []),
    ],
  }
}

/**
 * @param {string} node
 * @param {number} n from 1
 * @param {number} port
 * @param {Record<string, string>} env
 * @returns {import('./supervisor.mjs').Program}
 */
export const serverProgram = (node, n, port, env) => ({
  name: `server-${n}`,
  command: node,
  args: [join(root, 'server/main.ts')],
  env: { ...env, PORT: String(port) },
  stage: SERVER,
  ready: () => isReady(port),
})

/** @param {string} node @param {number} n @param {Record<string, string>} env */
export const workerProgram = (node, n, env) => ({
  name: `worker-${n}`,
  command: node,
  args: [join(root, 'workers/main.ts')],
  env,
  stage: WORKER,
})

/** @param {string} node @param {number} desktops @param {string} serverUrl @param {Record<string, string>} env */
export const fleetProgram = (node, desktops, serverUrl, env) => ({
  name: 'fleet',
  command: node,
  args: [join(root, 'server/fleet/simulated/main.ts'), '--desktops', String(desktops)],
  env: { ...env, SERVER_URL: serverUrl },
  stage: FLEET,
})

/** @param {string} node @param {number} demo desktops of the demo @param {string} serverUrl @param {Record<string, string>} env */
export const qemuProgram = (node, demo, serverUrl, env) => ({
  name: 'fleet-qemu',
  command: node,
  args: [join(root, 'server/fleet/qemu/main.ts'), '--demo', String(demo)],
  env: { ...env, SERVER_URL: serverUrl },
  stage: FLEET,
})

/** @param {import('./supervisor.mjs').Program} program */
export const isWritten = (program) => existsSync(program.args[0] ?? '')

/** @param {number} port */
async function isReady(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) })).ok
  } catch {
    return false // not listening yet
  }
}

/** @param {number} port */
export async function refuseTakenPort(port) {
  if ((await ask(port, '')) !== undefined)
    throw new Error(`Port ${port} is in use by another program. Set PORT, or stop that program.`)
}
