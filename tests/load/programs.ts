/** Processes of the bench: measured servers and load generators, each alone, so that nobody's CPU is counted for another's. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Correspondence } from './messages.ts'
import type { Usage } from './probe.ts'

export class Program {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #talk: Correspondence
  readonly #lines: string[] = []
  readonly #exited: Promise<void>

  constructor(file: string, env: Record<string, string>, nodeArgs: string[] = []) {
    this.#child = spawn(process.execPath, [...nodeArgs, file], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.pid = this.#child.pid ?? 0
    this.#talk = new Correspondence(this.#child)
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#lines.push(line))
    }
  }

  ask<T>(name: string, input?: unknown): Promise<T> {
    return this.#talk.ask<T>(name, input)
  }

  usage(): Promise<Usage> {
    return this.ask<Usage>('usage')
  }

  /** Port named by the line that says it listens. */
  async listening(deadlineMs = 60_000): Promise<number> {
    const until = performance.now() + deadlineMs
    for (;;) {
      const port = this.#lines.map((line) => /"port":(\d+).*"msg":"listening"/.exec(line)?.[1]).find(Boolean)
      if (port) return Number(port)
      if (performance.now() > until || this.#child.exitCode !== null) {
        throw new Error(`a server did not start:\n${this.#lines.slice(-20).join('\n')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    await this.#exited
    clearTimeout(late)
  }
}

const measured = ['--import', './tests/load/probe.ts', '--expose-gc']

export interface Listening {
  program: Program
  url: string
}

async function startMeasured(file: string, env: Record<string, string>, more: string[] = []): Promise<Listening> {
  const program = new Program(file, env, [...measured, ...more])
  return { program, url: `http://127.0.0.1:${await program.listening()}` }
}

export const startDeskwatch = (env: Record<string, string>, profileDir?: string) => {
  const profiling = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : []
  return startMeasured('server/main.ts', { PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'info', ...env }, profiling)
}

/** Reads its messages from its own stream in the same Redis, as Deskwatch reads its log. */
export const startBaseline = (kind: 'raw-ws' | 'plain-socket-io', redisUrl: string) =>
  startMeasured(`tests/load/baseline-${kind}.ts`, { REDIS_URL: redisUrl, STREAM: streamOf(kind) })

export const streamOf = (kind: 'raw-ws' | 'plain-socket-io') => `bench:${kind}`

export const startClients = () => new Program('tests/load/clients.ts', {}, ['--max-old-space-size=8192', '--expose-gc'])
