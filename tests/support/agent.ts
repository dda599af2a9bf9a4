import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { io, type Socket } from 'socket.io-client'
import type { AgentAck, AgentBye, AgentRefusal, Welcome } from '../../server/fleet/agent-contract.ts'

export interface TestAgent {
  pid: number
  lines: string[]
  /** What a person would type. */
  type: (line: string) => void
  kill: (signal?: NodeJS.Signals) => Promise<number | null>
  exited: Promise<number | null>
}

/** The real agent program in a process of its own. */
export function startAgent(options: {
  server: string
  desktop?: string
  /** In place of a desktop. */
  host?: string
  state: string
  token?: string
  args?: string[]
}): TestAgent {
  const { server, desktop, host, state, token, args = [] } = options
  const who = host === undefined ? ['--desktop', desktop ?? '', '--state', state] : ['--host', host]
  const given = token === undefined ? [] : ['--token', token]
  const child = spawn(process.execPath, ['agent/main.ts', '--server', server, ...who, ...given, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line))
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  return {
    pid: child.pid ?? 0,
    lines,
    type: (line) => void child.stdin.write(`${line}\n`),
    kill(signal = 'SIGKILL') {
      child.kill(signal)
      return exited
    },
    exited,
  }
}

/** A bare desktop: only the protocol, as one would write it in another language. */
export class BareAgent {
  readonly socket: Socket

  constructor(server: string, auth: Record<string, unknown>) {
    this.socket = io(`${server}/agent`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { protocol: 1, version: '0.0.1', ...auth },
    })
  }

  static async signedIn(server: string, auth: Record<string, unknown>): Promise<BareAgent> {
    const agent = new BareAgent(server, auth)
    const refused = agent.refusal().then((why) => Promise.reject(new Error(JSON.stringify(why))))
    await Promise.race([agent.welcome(), refused])
    refused.catch(() => undefined)
    return agent
  }

  welcome = () => this.#once<Welcome>('welcome')
  bye = () => this.#once<AgentBye>('bye')
  closed = () => this.#once<string>('disconnect')
  refusal = async () => (await this.#once<Error & { data: AgentRefusal }>('connect_error')).data
  send = (event: string, value: unknown): Promise<AgentAck> => this.socket.timeout(10_000).emitWithAck(event, value)
  close = () => this.socket.close()

  #once<T>(event: string): Promise<T> {
    return new Promise((resolve) => this.socket.once(event, resolve))
  }
}
