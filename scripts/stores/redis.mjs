import { mkdir } from 'node:fs/promises'
import { ask } from './child.mjs'
import { findOrInstall } from './machine.mjs'
import { startPlan } from './plan.mjs'

/**
 * @typedef {object} RedisOptions
 * @property {string} dir
 * @property {boolean} [appendonly]
 * @property {string[]} [args] further settings of redis-server
 * @property {import('./machine.mjs').Say} [say]
 */

/** @param {import('./machine.mjs').Say} say */
export const findRedis = (say) =>
  findOrInstall({
    names: ['redis-server'],
    packages: ['redis-server'],
    say,
    purpose: 'Deskwatch',
    ways: 'Install Redis 7 (Debian: apt-get install redis-server), or set REDIS_URL to a server that runs.',
  })

/**
 * @param {RedisOptions & { port: number }} options
 * @returns {Promise<import('./plan.mjs').Plan>}
 */
export async function planRedis({ dir, port, appendonly = true, args = [], say = () => {} }) {
  const command = await findRedis(say)
  await mkdir(dir, { recursive: true })
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--databases', '512', '--save', '']
  return {
    engine: 'redis-server',
    command,
    args: [...settings, '--appendonly', appendonly ? 'yes' : 'no', '--daemonize', 'no', ...args],
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    ready: async () => (await ask(port, 'PING\r\n')) === '+PONG\r\n',
  }
}

/**
 * @param {RedisOptions & { port?: number }} options
 * @returns {Promise<import('./plan.mjs').Store>}
 */
export const startRedis = ({ port = 0, ...options }) =>
  startPlan((chosen) => planRedis({ ...options, port: chosen }), port)
