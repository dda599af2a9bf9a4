/**
 * Long tests by name: `npm run soak -- kills --kills 100 --alarms 100000 --target node|redis|mongo|all [--minutes N]`,
 * `npm run soak -- orders [--orders 200] [--workers 3]`, `npm run soak -- in-flight [--in-flight 2000]`,
 * `npm run soak -- desktops [--desktops 10000]`,
 * `npm run soak -- senders [--outage 60]`, `npm run soak -- lists [--alarms 100000]`, `npm run soak -- flood`,
 * `npm run soak -- phone [--offline 60]`, `npm run soak -- lighthouse [--runs 5]`,
 * `npm run soak -- wall [--minutes 20 | --hours 8]`,
 * `npm run soak -- schemathesis [--examples 20]`.
 */
import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { guestsRun, linuxGuestRun } from './guests.ts'
import { killRun, targets, type Target } from './kills/run.ts'
import { lighthouseRun } from './lighthouse.ts'
import { inFlightRun, ordersRun } from './orders/soaks.ts'
import { wallRun } from './wall/run.ts'
import { schemathesisRun } from './schemathesis.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '100' },
    alarms: { type: 'string', default: '100000' },
    target: { type: 'string', default: 'all' },
    minutes: { type: 'string' },
    hours: { type: 'string' },
    between: { type: 'string', default: '400' },
    guests: { type: 'string', default: '20' },
    orders: { type: 'string', default: '200' },
    workers: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '2000' },
    desktops: { type: 'string', default: '10000' },
    examples: { type: 'string', default: '20' },
    offline: { type: 'string', default: '60' },
    runs: { type: 'string', default: '5' },
    outage: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
})

async function kills(): Promise<boolean> {
  const chosen = targets.filter((target) => values.target === 'all' || values.target === target)
  if (chosen.length === 0) throw new Error(`--target is one of ${targets.join(', ')}, all`)
  const wanted = Object.fromEntries(chosen.map((target): [Target, number] => [target, Number(values.kills)]))
  console.log(
    `kills of ${chosen.join(', ')}: ${values.kills} each, ${values.alarms} alarms standing, seed ${values.seed}, load ${loadavg()[0]?.toFixed(1)}`,
  )
  const result = await killRun({
    kills: wanted,
    alarms: Number(values.alarms),
    between: Number(values.between),
    minutes: Number(values.minutes ?? 600),
    seed: Number(values.seed),
    say: (line) => console.log(line),
  })
  const { lost, wrongCounts, lostActs, wrongRows, ...figures } = result
  const faults = {
    lost: lost.length,
    wrongCounts: wrongCounts.length,
    lostActs: lostActs.length,
    wrongRows: wrongRows.length,
  }
  console.log(JSON.stringify({ ...figures, inFlightShare: figures.inFlight / figures.kills, ...faults }, null, 2))
  for (const line of [...lost, ...wrongCounts, ...lostActs, ...wrongRows].slice(0, 40)) console.log(`  ${line}`)
  return (
    Object.values(faults).every((count) => count === 0) && result.surplus === 0 && result.inFlight >= 0.8 * result.kills
  )
}

function browserTest(name: string, more: Record<string, string>): Promise<boolean> {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'browser', `tests/browser/${name}.test.ts`]
  const child = spawn(process.execPath, vitest, { env: { ...process.env, ...more }, stdio: 'inherit' })
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)))
}

/** Real Prometheus and Alertmanager before two browsers, while Deskwatch answers 503 for a minute. */
const senders = () => browserTest('senders', { OUTAGE_SECONDS: values.outage })

/** A list of 100,000: first feed, 20 flings of which 19 have no long task of ours, filters. */
const lists = () => browserTest('hundred-thousand', { LISTS_ALARMS: values.alarms, LISTS_JUDGED: '1' })

/** The page of 10,000 desktops while they are powered on and off: no task of ours over 100 ms. */
const desktops = () => browserTest('many-desktops', { DESKTOPS_MANY: values.desktops })

/** 10,000 alarms in a minute through a real Alertmanager, windows 30 times shorter; a row under the pointer meanwhile. */
const flood = () =>
  browserTest('flood', { FLOOD_ALARMS: String(floodAlarms), FLOOD_SECONDS: '60', FLOOD_WINDOW_SECONDS: '20' })
const floodAlarms = 10_000

/** Three operators, of whom the one on the phone is without a network for a minute. */
const phone = () => browserTest('three-operators', { OFFLINE_SECONDS: values.offline })
const lighthouse = () => lighthouseRun(Number(values.runs), (line) => console.log(line))

const guests = () => guestsRun(Number(values.guests), (line) => console.log(line))
const linux = () => linuxGuestRun((line) => console.log(line))

const orders = () => ordersRun(Number(values.orders), Number(values.workers), Number(values.seed))
const flight = () => inFlightRun(Number(values['in-flight']))

const wall = () => wallRun(Number(values.minutes ?? Number(values.hours ?? 1 / 3) * 60), (line) => console.log(line))
const schemathesis = () => schemathesisRun(Number(values.examples), Number(values.seed), (line) => console.log(line))

const soaks: Record<string, () => Promise<boolean>> = {
  kills,
  orders,
  'in-flight': flight,
  senders,
  lists,
  desktops,
  flood,
  phone,
  lighthouse,
  wall,
  guests,
  linux,
  schemathesis,
}
const soak = soaks[positionals[0] ?? '']
if (!soak) throw new Error(`npm run soak -- ${Object.keys(soaks).join('|')}`)
const passed = await soak()
console.log(passed ? 'held' : 'BROKEN')
process.exit(passed ? 0 : 1)
