import { mkdir } from 'node:fs/promises'
import { ask, freePort, kill, lastOutput, spawnTied, stop, untilReady } from './child.mjs'
import { prepareEmbedded } from './embedded-mongo.mjs'
import { which } from './machine.mjs'

/** @typedef {import('./redis.mjs').Store} Store */
/**
 * @typedef {object} MongoOptions
 * @property {string} dir
 * @property {number} [port] 0: any free one
 * @property {boolean} [durable] false: the embedded server commits when it likes, as it comes from its makers
 * @property {boolean} [embedded] true: the embedded server even where there is a better one
 * @property {import('./machine.mjs').Say} [say]
 */

export const EMBEDDED = 'embedded MongoDB (mongo-java-server; for evaluation, not for production)'

/**
 * `MONGODB_URI`, else `mongod` on PATH, else the embedded server.
 * @param {MongoOptions} options
 * @returns {Promise<Store>}
 */
export async function startMongo({ dir, port = 0, durable = true, embedded = false, say = () => {} }) {
  const named = process.env['MONGODB_URI']
  if (named && !embedded) return notOurs(named)
  await mkdir(dir, { recursive: true })
  const mongod = embedded ? undefined : which('mongod')
  return mongod ? startMongod(mongod, dir, port) : startEmbedded(dir, port, durable, say)
}

/** @param {string} url @returns {Store} */
function notOurs(url) {
  const refuse = () => Promise.reject(new Error('this MongoDB was named by MONGODB_URI: it is not ours to kill'))
  return { engine: 'MongoDB', url, port: 0, pid: 0, dir: '', child: undefined, stop: async () => {}, kill: refuse }
}

/** @param {string} program @param {string} dir @param {number} port @returns {Promise<Store>} */
async function startMongod(program, dir, port) {
  const chosen = port === 0 ? await freePort() : port
  const args = ['--dbpath', dir, '--port', String(chosen), '--bind_ip', '127.0.0.1', '--quiet']
  const child = spawnTied(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  await untilReady(child, 'mongod', async () => (await ask(chosen, '')) !== undefined, lastOutput(child))
  return ours('mongod', chosen, dir, child)
}

/** @param {string} dir @param {number} port @param {boolean} durable @param {import('./machine.mjs').Say} say */
async function startEmbedded(dir, port, durable, say) {
  const { java, classpath } = await prepareEmbedded(say)
  const jvm = ['-Xmx512m', '-Dslf4j.internal.verbosity=ERROR', '-cp', classpath]
  const args = [...jvm, 'EmbeddedMongo', dir, String(port), ...(durable ? [] : ['--no-durable-commit'])]
  const child = spawnTied(java, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = lastOutput(child)
  const listening = () => Number(/^listening (\d+)$/m.exec(output())?.[1] ?? 0)
  await untilReady(child, 'the embedded MongoDB', async () => listening() > 0, output)
  return ours(EMBEDDED, listening(), dir, child)
}

/**
 * @param {string} engine
 * @param {number} port
 * @param {string} dir
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Store}
 */
function ours(engine, port, dir, child) {
  const url = `mongodb://127.0.0.1:${port}`
  return { engine, url, port, pid: child.pid ?? 0, dir, child, stop: () => stop(child), kill: () => kill(child) }
}
