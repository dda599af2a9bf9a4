import { freePort, hasEnded, kill, lastOutput, stop, untilReady } from './child.mjs'
import { spawnTied } from './machine.mjs'

/**
 * @typedef {object} Plan how to start a database process; the launcher and the tests start the same plans
 * @property {string} engine what runs, for people
 * @property {string} command
 * @property {string[]} args
 * @property {string} url
 * @property {number} port
 * @property {string} dir
 * @property {() => Promise<boolean>} ready
 */
/**
 * @typedef {object} Store a database process that we started, or one that was named to us (pid 0, not ours to end)
 * @property {string} engine
 * @property {string} url
 * @property {number} port
 * @property {number} pid
 * @property {string} dir
 * @property {import('node:child_process').ChildProcess | undefined} child
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} kill as a crash would: nothing is flushed
 */

/**
 * Starts a plan and waits until it answers. A free port may be taken by another before we bind it: then once more.
 * @param {(port: number) => Promise<Plan>} plan
 * @param {number} port 0: any free one
 * @returns {Promise<Store>}
 */
export async function startPlan(plan, port) {
  for (let tries = port === 0 ? 3 : 1; ; tries--) {
    const chosen = await plan(port === 0 ? await freePort() : port)
    const child = spawnTied(chosen.command, chosen.args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const output = lastOutput(child)
    try {
      await untilReady(child, chosen.engine, chosen.ready, output)
    } catch (error) {
      const taken = /in use|EADDRINUSE|bind/i.test(output())
      if (!hasEnded(child)) await kill(child)
      if (taken && tries > 1) continue
      throw error
    }
    const { engine, url, dir } = chosen
    const pid = child.pid ?? 0
    return { engine, url, port: chosen.port, pid, dir, child, stop: () => stop(child), kill: () => kill(child) }
  }
}
