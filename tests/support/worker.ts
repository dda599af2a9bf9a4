/** A worker process on a test's own stores. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { spawnTied } from '../../scripts/stores/machine.mjs'
import { must } from '../../server/core/must.ts'
import type { TestHouse } from './house.ts'

export interface TestWorker {
  child: ChildProcess
  lines: string[]
  kill: () => Promise<void>
}

/** Resolves when it works. */
export async function startWorker(
  { mongoUrl, redisUrl, dir }: Pick<TestHouse, 'mongoUrl' | 'redisUrl' | 'dir'>,
  env: Record<string, string> = {},
): Promise<TestWorker> {
  const child = spawnTied(process.execPath, ['workers/main.ts'], {
    env: {
      PATH: process.env['PATH'],
      MONGODB_URI: mongoUrl,
      REDIS_URL: redisUrl,
      DATA_DIR: dir,
      LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const reading = createInterface({ input: must(child.stdout, 'it is piped') })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}:\n${lines.slice(-10).join('\n')}`)))
    reading.on('line', (line) => {
      lines.push(line)
      if (line.includes('"msg":"working"')) resolve()
    })
  })
  return {
    child,
    lines,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
