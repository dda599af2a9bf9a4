import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface TestServer {
  url: string
  pid: number
  /** Log lines so far, for what a failing test wants to tell. */
  lines: string[]
  /** SIGTERM; resolves with the exit code. */
  stop: () => Promise<number | null>
  kill: () => Promise<void>
}

/** A real server process on a free port; resolves when it listens. */
export async function startServer(
  env: { MONGODB_URI: string; REDIS_URL: string; DATA_DIR: string } & Record<string, string>,
): Promise<TestServer> {
  const child = spawn(process.execPath, ['server/main.ts'], {
    env: { PATH: process.env['PATH'], PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  const listening = new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      const port = /"msg":"listening"/.test(line) ? /"port":(\d+)/.exec(line)?.[1] : undefined
      if (port) resolve(Number(port))
    })
  })
  const failed = exited.then((code) =>
    Promise.reject(new Error(`the server ended with ${code}:\n${lines.slice(-20).join('\n')}`)),
  )
  const port = await Promise.race([listening, failed])
  failed.catch(() => undefined)
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    lines,
    async stop() {
      child.kill('SIGTERM')
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
