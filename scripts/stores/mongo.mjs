import { mkdir } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { ask } from './child.mjs'
import { prepareEmbedded } from './embedded-mongo.mjs'
import { which } from './machine.mjs'
import { startPlan } from './plan.mjs'

/**
 * @typedef {object} MongoOptions
 * @property {string} dir
 * @property {boolean} [durable] false: the embedded server commits when it likes, as it comes from its makers
 * @property {boolean} [embedded] true: the embedded server even where there is a better one
 * @property {import('./machine.mjs').Say} [say]
 */

/** It holds the whole answer of a question in memory, and a node that starts asks for all alarms: 0.6 GB for 100,000. */
const heapMegabytes = Math.round(Math.min(totalmem() / 2 ** 20 / 4, 3072))

export const EMBEDDED = 'embedded MongoDB (mongo-java-server; for evaluation, not for production)'

/**
 * `mongod` on PATH, else the embedded server. (`MONGODB_URI` comes before both: then there is nothing to start.)
 * @param {MongoOptions & { port: number }} options
 * @returns {Promise<import('./plan.mjs').Plan>}
 */
export async function planMongo({ dir, port, durable = true, embedded = false, say = () => {} }) {
  await mkdir(dir, { recursive: true })
  const mongod = embedded ? undefined : which('mongod')
  const common = { url: `mongodb://127.0.0.1:${port}`, port, dir }
  const ready = async () => (await ask(port, '')) !== undefined
  if (mongod) {
    const args = ['--dbpath', dir, '--port', String(port), '--bind_ip', '127.0.0.1', '--quiet']
    return { ...common, engine: 'mongod', command: mongod, args, ready }
  }
  const { java, options } = await prepareEmbedded(say)
  const jvm = [`-Xmx${heapMegabytes}m`, '-Dslf4j.internal.verbosity=ERROR', ...options]
  const args = [...jvm, 'EmbeddedMongo', dir, String(port), ...(durable ? [] : ['--no-durable-commit'])]
  return { ...common, engine: EMBEDDED, command: java, args, ready }
}

/**
 * `MONGODB_URI`, else a process of ours.
 * @param {MongoOptions & { port?: number }} options
 * @returns {Promise<import('./plan.mjs').Store>}
 */
export async function startMongo({ port = 0, ...options }) {
  const named = process.env['MONGODB_URI']
  return named && !options.embedded
    ? notOurs(named)
    : startPlan((chosen) => planMongo({ ...options, port: chosen }), port)
}

/** @param {string} url @returns {import('./plan.mjs').Store} */
function notOurs(url) {
  const refuse = () => Promise.reject(new Error('this MongoDB was named by MONGODB_URI: it is not ours to kill'))
  return { engine: 'MongoDB', url, port: 0, pid: 0, dir: '', child: undefined, stop: async () => {}, kill: refuse }
}
