/** Runs qemu-img and its kin: never outliving us, behind everybody else, with a reason in our words when it fails. */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ProviderError, type ProviderErrorCode } from '../provider.ts'

export interface RunOptions {
  signal?: AbortSignal | undefined
  /** 0–1, as the program prints it. */
  onPart?: ((part: number) => void) | undefined
  /** Exit codes that are answers, not failures. */
  answers?: readonly number[]
}
export interface Ran {
  code: number
  output: string
  errors: string
}

const mostOutput = 1_000_000
const percent = /\((\d+(?:\.\d+)?)\/100%\)/g

/** The full path of a program, null where it is not installed. */
export function findProgram(name: string): string | null {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(dir, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue // the ordinary answer for a folder that does not hold it
    }
  }
  return null
}

const setpriv = findProgram('setpriv')
const nice = findProgram('nice')

export function runTool(tool: 'qemu-img' | 'qemu-io', args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const line = [
    ...(setpriv ? [setpriv, '--pdeathsig', 'KILL', '--'] : []),
    ...(nice ? [nice, '-n', '10'] : []),
    tool,
    ...args,
  ]
  const [command = tool, ...rest] = line
  const { signal, onPart, answers = [0] } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new ProviderError('provider.cancelled', `${tool} was not begun`))
    // The programs' own words are matched below, so they speak one language.
    const child = spawn(command, rest, { env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] })
    const stop = () => child.kill('SIGKILL')
    signal?.addEventListener('abort', stop, { once: true })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (onPart) for (const [, value] of text.matchAll(percent)) onPart(Number(value) / 100)
      else output = (output + text).slice(0, mostOutput)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000)
    })
    child.once('error', (error) =>
      reject(new ProviderError('provider.fault', `${tool} cannot be run`, { cause: error })),
    )
    child.once('close', (code, killed) => {
      signal?.removeEventListener('abort', stop)
      if (signal?.aborted) return reject(new ProviderError('provider.cancelled', `${tool} was stopped`))
      if (code !== null && answers.includes(code)) return resolve({ code, output, errors })
      reject(failure(tool, errors, killed ?? `exit ${code}`))
    })
  })
}

const reasons: [RegExp, ProviderErrorCode][] = [
  // QEMU does not say why it could not write these few bytes.
  [/No space left on device|Disk quota exceeded|Failed to write pid file/i, 'disk.no-space'],
  [/Failed to get (shared )?"[\w ]+" lock/i, 'disk.locked'],
  [/can't find snapshot|snapshot not found|Could not apply snapshot/i, 'provider.unknown-snapshot'],
  [/not in qcow2 format|corrupt|refcount|L1 table|L2 table|Input\/output error|Invalid argument/i, 'disk.corrupt'],
]

export function reasonOf(text: string): ProviderErrorCode {
  return reasons.find(([words]) => words.test(text))?.[1] ?? 'provider.fault'
}

function failure(tool: string, errors: string, how: string): ProviderError {
  const last = errors.trim().split('\n').slice(-2).join(' ')
  return new ProviderError(reasonOf(errors), `${tool}: ${last || how}`)
}
