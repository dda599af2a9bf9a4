/** Real senders of alerts: Debian's Prometheus and Alertmanager with generated configuration, and what stands around them. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

export interface Sender {
  url: string
  stop: () => Promise<void>
}

/** A metric that the test switches: Prometheus reads it, a rule watches it. */
export async function startExporter(desktop: string) {
  let value = 0
  const { server, url } = await listen((_request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4')
    response.end(`# TYPE desktop_stuttering gauge\ndesktop_stuttering{desktop="${desktop}"} ${value}\n`)
  })
  return { url, stutter: (on: boolean) => void (value = on ? 1 : 0), stop: () => close(server) }
}

/** Stands before Deskwatch: hands everything on, or answers 503, and counts both. */
export async function startGate(origin: string) {
  const seen = { handedOn: 0, refused: 0 }
  let open = true
  const { server, url } = await listen((incoming, outgoing) => {
    if (!open) {
      seen.refused += 1
      incoming.resume()
      outgoing.writeHead(503, { 'Retry-After': '1' }).end()
      return
    }
    const onward = forward(
      origin + (incoming.url ?? '/'),
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        seen.handedOn += 1
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.on('error', () => outgoing.writeHead(503).end())
    incoming.pipe(onward)
  })
  return { url, seen, close: () => void (open = false), open: () => void (open = true), stop: () => close(server) }
}

interface Where {
  /** Address of Deskwatch, or of what stands before it. */
  deskwatch: string
  token: string
}

/** Evaluates each second and sends what goes on every 5 s, instead of each minute. */
export async function startPrometheus({ deskwatch, token, exporter }: Where & { exporter: string }): Promise<Sender> {
  const files = {
    'prometheus.yml': `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: desktops
    static_configs: [{targets: ['${new URL(exporter).host}']}]
alerting:
  alertmanagers:
    - scheme: http
      path_prefix: /
      api_version: v2
      static_configs: [{targets: ['${new URL(deskwatch).host}']}]
      authorization: {credentials: '${token}'}
`,
    'rules.yml': `
groups:
  - name: desktops
    rules:
      - alert: DesktopStutters
        expr: desktop_stuttering == 1
        labels: {severity: critical, business: '研发桌面'}
        annotations: {summary: 'Frames are skipped on {{ $labels.desktop }}', runbook_url: 'https://runbooks.example.com/stutter'}
`,
  }
  const port = await freePort()
  return startProgram('prometheus', files, `http://127.0.0.1:${port}`, (dir) => [
    `--config.file=${dir}/prometheus.yml`,
    `--storage.tsdb.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--rules.alert.resend-delay=5s',
    '--log.level=warn',
  ])
}

/** Every alert by itself, at once, repeated each few seconds. */
const oneByOne = `{receiver: deskwatch, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 3s}`
/** As many at once as share the label `batch`, each told once. */
export const inBatches = `{receiver: deskwatch, group_by: [batch], group_wait: 1s, group_interval: 5s, repeat_interval: 1h}`

export async function startAlertmanager({ deskwatch, token }: Where, route = oneByOne): Promise<Sender> {
  const files = {
    'alertmanager.yml': `
route: ${route}
receivers:
  - name: deskwatch
    webhook_configs:
      - url: '${deskwatch}/api/v1/integrations/alertmanager'
        send_resolved: true
        http_config: {authorization: {credentials: '${token}'}}
`,
  }
  const port = await freePort()
  return startProgram('prometheus-alertmanager', files, `http://127.0.0.1:${port}`, (dir) => [
    `--config.file=${dir}/alertmanager.yml`,
    `--storage.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    '--log.level=warn',
  ])
}

async function startProgram(
  name: string,
  files: Record<string, string>,
  url: string,
  args: (dir: string) => string[],
): Promise<Sender> {
  const dir = await mkdtemp(join(tmpdir(), `deskwatch-${name}-`))
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(dir, file), text)))
  const child = spawn(name, args(dir), { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-4_000)))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await until(`${name} is ready`, async () => {
    if (child.exitCode !== null) throw new Error(said)
    return (await fetch(`${url}/-/ready`)).ok
  })
  return {
    url,
    async stop() {
      child.kill('SIGKILL')
      await exited
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; url: string }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${portOf(server)}` }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

async function freePort(): Promise<number> {
  const { server } = await listen((_request, response) => void response.end())
  const port = portOf(server)
  await close(server)
  return port
}

function portOf(server: Server): number {
  // A TCP server that listens has an address of this shape.
  return (server.address() as AddressInfo).port
}
