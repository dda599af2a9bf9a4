/** The desktop agent: tells the resources of this machine as a desktop, and reports its stutters. */
import { homedir, uptime } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { AgentLink, type LinkEnd } from './link.ts'
import { MachineSampler } from './machine.ts'
import { StateFile } from './state.ts'
import { stutterReport } from './stutter.ts'

const version = '0.1.0'
const usage = `Usage: npm run agent -- --server URL --token TOKEN --desktop NAME [options]
       npm run agent -- --server URL --token TOKEN --host NAME [--every SECONDS]
  --state FOLDER     where the credential is kept (default ~/.deskwatch-agent)
  --every SECONDS    time between resource samples (default 1)
  --patch VERSION    version of the desktop's patch set, e.g. 1.30.2
  --stutter "LINE"   report one stutter after sign-in, e.g. "critical fps=9"
While it runs, type "stutter critical fps=9 skipped=41" or "clear"; SIGUSR2 reports a stutter, too.`

const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    token: { type: 'string' },
    desktop: { type: 'string' },
    state: { type: 'string', default: join(homedir(), '.deskwatch-agent') },
    every: { type: 'string', default: '1' },
    patch: { type: 'string' },
    stutter: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const { server, desktop, patch } = values
const every = Number(values.every)
if (values.help || !server || !desktop || !URL.canParse(server) || !(every >= 1)) {
  console.error(usage)
  process.exit(values.help ? 0 : 2)
}

const file = new StateFile(values.state, desktop)
let state = file.open()
/** The stored credential is tried first; where it is refused, what was given on the command line. */
let token = state.credential ?? values.token
if (!token) {
  console.error('No credential is stored for this desktop: --token is needed for the first sign-in.')
  process.exit(2)
}
const say = (text: string) => console.log(`${new Date().toISOString()} ${text}`)
const slowRetryMs = 30_000
let everWelcome = false
let gaveUp = false

const link = new AgentLink({
  server,
  hello: () => ({ token: token ?? '', desktop, version, secret: state.secret, ...(patch && { patch }) }),
  heartbeatMs: 5_000,
  uptime: () => Math.round(uptime()),
  onWelcome(welcome) {
    everWelcome = true
    const credential = welcome.credential ?? token
    if (credential && credential !== state.credential) file.save((state = { ...state, credential }))
    token = credential
    say(`connected to ${server} as ${welcome.name} of ${welcome.tenant}`)
  },
  onEnd,
  onAccepted: (report) => say(`report ${report.id} accepted`),
  onDropped: (report, why) => say(`report ${report.id} given up: ${why}`),
})

function onEnd(end: LinkEnd, suggestedMs: number): number | null {
  if (end.kind === 'lost') {
    say(`not connected (${end.reason}), trying again in ${(suggestedMs / 1000).toFixed(1)} s`)
    return suggestedMs
  }
  if (end.kind === 'bye') {
    say(`the server said bye: ${end.why}`)
    return end.why === 'drain' || end.why === 'silent' || end.why === 'malformed' ? suggestedMs : giveUp()
  }
  const { code, errors, retryAfter } = end.refusal
  say(`refused: ${code}${errors ? ` (${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')})` : ''}`)
  if (code === 'auth.failed' && values.token && token !== values.token) {
    token = values.token
    return suggestedMs
  }
  if (retryAfter !== undefined) return retryAfter
  return everWelcome ? slowRetryMs : giveUp()
}

function giveUp(): null {
  gaveUp = true
  process.exitCode = 1
  setImmediate(stop)
  return null
}

const sampler = new MachineSampler()
async function measure(): Promise<Record<string, number>> {
  const sample = { ...(await sampler.read()), ...(link.rtt !== undefined && { rtt: Math.round(link.rtt * 10) / 10 }) }
  const jitter = link.jitter
  return { ...sample, ...(jitter !== undefined && { jitter: Math.round(jitter * 10) / 10 }) }
}
let latest: Record<string, number> = {}
const sampling = setInterval(() => {
  measure().then(
    (readings) => link.sample({ ...(latest = readings), at: Date.now() }),
    (error: unknown) => say(`could not measure: ${String(error)}`),
  )
}, every * 1_000)

function report(words: string[], status: 'firing' | 'cleared' = 'firing'): void {
  const made = stutterReport(words, latest, status)
  if (typeof made === 'string') return say(made)
  link.report(made)
  say(`report ${made.id} ${made.severity} ${made.status ?? 'firing'}${made.summary ? `: ${made.summary}` : ''}`)
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const [word, ...rest] = line.trim().split(/\s+/)
  if (word === 'stutter') report(rest)
  else if (word === 'clear') report(rest.length ? rest : ['low'], 'cleared')
  else if (word) say('type "stutter <severity> [name=number …]" or "clear"')
})

function stop(): void {
  clearInterval(sampling)
  lines.close()
  process.stdin.destroy()
  link.close()
  if (!gaveUp && link.waiting > 0) say(`${link.waiting} reports were not delivered`)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
if (process.platform !== 'win32') process.on('SIGUSR2', () => report(['high']))

link.open()
if (values.stutter !== undefined) report(values.stutter.trim().split(/\s+/).filter(Boolean))
