import { mkdir } from 'node:fs/promises'
import { ask, freePort, kill, lastOutput, spawnTied, stop, untilReady } from './child.mjs'
import { findOrInstall } from './machine.mjs'

/**
 * @typedef {object} Store a database process that we started, or one that was named to us (pid 0, not ours to end)
 * @property {string} engine what runs, for people
 * @property {string} url
 * @property {number} port
 * @property {number} pid
 * @property {string} dir
 * @property {import('node:child_process').ChildProcess | undefined} child
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} kill as a crash would: nothing is flushed
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
 * @param {{ dir: string, port?: number, appendonly?: boolean, args?: string[], say?: import('./machine.mjs').Say,
 *   stdio?: import('node:child_process').StdioOptions }} options
 * @returns {Promise<Store>}
 */
export async function startRedis({ dir, port = 0, appendonly = true, args = [], say = () => {}, stdio }) {
  const program = await findRedis(say)
  await mkdir(dir, { recursive: true })
  const chosen = port === 0 ? await freePort() : port
  const settings = ['--port', String(chosen), '--bind', '127.0.0.1', '--dir', dir, '--databases', '512', '--save', '']
  const journal = ['--appendonly', appendonly ? 'yes' : 'no', '--daemonize', 'no']
  const child = spawnTied(program, [...settings, ...journal, ...args], { stdio: stdio ?? ['ignore', 'pipe', 'pipe'] })
  await untilReady(
    child,
    'redis-server',
    async () => (await ask(chosen, 'PING\r\n')) === '+PONG\r\n',
    lastOutput(child),
  )
  return {
    engine: 'redis-server',
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    pid: child.pid ?? 0,
    dir,
    child,
    stop: () => stop(child),
    kill: () => kill(child),
  }
}
