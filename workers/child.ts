/** Programs that a worker runs: in a process group of their own, at low priority, ended with the worker or the order. */
import { spawn, type ChildProcess } from 'node:child_process'
import { StepError } from './steps.ts'

export interface ChildOptions {
  /** Each line (or progress line, ended by a carriage return) as it comes. */
  onLine?: (line: string) => void
  cwd?: string
  /** Exit codes that are an answer, not a failure. */
  answers?: readonly number[]
}

const graceMs = 2_000
const mostOutput = 256 * 1024

/** Resolves only when the program has really ended, also when it was stopped. */
export async function runChild(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  { onLine, cwd, answers = [] }: ChildOptions = {},
): Promise<string> {
  signal.throwIfAborted()
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'nice', '-n', '10', command, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child, onLine)
  let insist: NodeJS.Timeout | undefined
  const stop = () => {
    killGroup(child, 'SIGTERM')
    // A stopped (SIGSTOP) or deaf process does not hear the first one.
    insist = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs)
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    signal.throwIfAborted()
    if (code !== 0 && !answers.includes(code ?? -1)) throw failure(command, code, child.signalCode, output())
    return output()
  } finally {
    signal.removeEventListener('abort', stop)
    clearTimeout(insist)
  }
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // It has just ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function collect(child: ChildProcess, onLine: ChildOptions['onLine']): () => string {
  let text = ''
  const listen = (stream: NodeJS.ReadableStream | null) => {
    let rest = ''
    stream?.on('data', (chunk: Buffer) => {
      const part = chunk.toString()
      text = (text + part).slice(-mostOutput)
      const lines = (rest + part).split(/[\r\n]+/)
      rest = (lines.pop() ?? '').slice(-mostOutput)
      for (const line of lines) if (line) onLine?.(line)
    })
  }
  listen(child.stdout)
  listen(child.stderr)
  return () => text
}

function failure(command: string, code: number | null, signal: string | null, output: string): StepError {
  const said = output.trim().slice(-1_000)
  const reason = /no space left on device|ENOSPC/i.test(said) ? 'disk.no-space' : 'child.failed'
  return new StepError(reason, `${command} ended with ${signal ?? code}: ${said}`)
}
