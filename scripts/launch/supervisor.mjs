import { closeSync, existsSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasEnded, stop } from '../stores/child.mjs'
import { spawnTied } from '../stores/machine.mjs'
import { dropPidFile, pidFile } from './data-dir.mjs'

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string | undefined>} [env]
 * @property {() => Promise<boolean>} [ready]
 * @property {number} stage programs of a higher stage are stopped first
 */

const FIRST_DELAY_MS = 200
const LONGEST_DELAY_MS = 10_000
const HEALTHY_AFTER_MS = 30_000
const LOG_LIMIT = 20 * 1024 * 1024

/** Starts programs, starts them again when they die, and ends them in order. */
export class Supervisor {
  /**
   * @param {string} dir
   * @param {import('../stores/machine.mjs').Say} say
   * @param {{ toTerminal?: boolean }} [options] what the programs write goes to log files, else to the terminal
   */
  constructor(dir, say, { toTerminal = false } = {}) {
    this.toTerminal = toTerminal
    this.dir = dir
    this.say = say
    this.stopping = false
    /** @type {Map<string, Running>} */
    this.running = new Map()
  }

  /**
   * Starts a program and waits until it is ready.
   * @param {Program} program
   * @param {number} [withinMs]
   */
  async start(program, withinMs = 90_000) {
    const running = new Running(program, this)
    this.running.set(program.name, running)
    running.spawn()
    const deadline = Date.now() + withinMs
    while (program.ready && !(await program.ready())) {
      if (this.stopping) return
      if (running.restarts >= 3) throw new Error(`${program.name} does not start; see ${running.log}`)
      if (Date.now() > deadline)
        throw new Error(`${program.name} is not ready after ${withinMs / 1000} s; see ${running.log}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  /** Ends everything, the latest stage first, each stage at once. */
  async stop() {
    this.stopping = true
    const stages = [...new Set([...this.running.values()].map((one) => one.program.stage))].sort((a, b) => b - a)
    for (const stage of stages) {
      const part = [...this.running.values()].filter((one) => one.program.stage === stage)
      await Promise.all(part.map((one) => one.stop()))
    }
  }

  killAll() {
    for (const one of this.running.values()) one.child?.kill('SIGKILL')
  }
}

class Running {
  /** @param {Program} program @param {Supervisor} supervisor */
  constructor(program, supervisor) {
    this.program = program
    this.supervisor = supervisor
    this.log = join(supervisor.dir, 'logs', `${program.name}.log`)
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.child = undefined
    /** @type {NodeJS.Timeout | undefined} */
    this.again = undefined
    this.restarts = 0
    this.delay = FIRST_DELAY_MS
    this.startedAt = 0
  }

  spawn() {
    const { command, args, env, name } = this.program
    const out = this.openLog()
    // A process group of its own: Ctrl-C reaches only us, and we end them in order.
    const child = spawnTied(command, args, {
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', out, out],
    })
    if (out !== 'inherit') closeSync(out)
    this.child = child
    this.startedAt = Date.now()
    if (child.pid) writeFileSync(pidFile(this.supervisor.dir, name), `${child.pid}\n`)
    child.once('error', (error) => this.supervisor.say(`${name} cannot start: ${error.message}`))
    child.once('exit', (code, signal) => this.onExit(signal ?? `exit ${code}`))
  }

  openLog() {
    if (this.supervisor.toTerminal) return 'inherit'
    if (existsSync(this.log) && statSync(this.log).size > LOG_LIMIT) renameSync(this.log, `${this.log}.1`)
    return openSync(this.log, 'a', 0o640)
  }

  /** @param {string} how */
  onExit(how) {
    const { supervisor, program } = this
    dropPidFile(supervisor.dir, program.name)
    if (supervisor.stopping) return
    if (Date.now() - this.startedAt > HEALTHY_AFTER_MS) this.delay = FIRST_DELAY_MS
    this.restarts += 1
    supervisor.say(
      `${program.name} ended (${how}); restart ${this.restarts} in ${this.delay / 1000} s, log: ${this.log}`,
    )
    this.again = setTimeout(() => this.spawn(), this.delay)
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS)
  }

  async stop() {
    clearTimeout(this.again)
    if (this.child && !hasEnded(this.child)) await stop(this.child)
    dropPidFile(this.supervisor.dir, this.program.name)
  }
}
