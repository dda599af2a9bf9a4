/** `npm run bench`: the promises about speed, measured beside raw `ws` and plain Socket.IO in one run. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { buildWeb } from '../../scripts/launch/web.mjs'
import { install } from './installation.ts'
import { waitForQuiet } from './machine.ts'
import { painted } from './p1-painted.ts'
import { fanOut } from './p2-fan-out.ts'
import { storm } from './p3-storm.ts'
import { latency } from './p4-latency.ts'
import { intake } from './p5-intake.ts'
import { feed } from './p6-feed.ts'
import { idleConsoles } from './p7-idle.ts'
import { reconnect } from './p12-reconnect.ts'
import type { Part, Row } from './row.ts'
import { figureOf } from './statistics.ts'
import { table } from './table.ts'

/** Intake last: it leaves more alarms behind than the others want. */
const parts: Part[] = [painted, fanOut, storm, latency, feed, reconnect, idleConsoles, intake]

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    full: { type: 'boolean', default: false },
    open: { type: 'string', default: '10000' },
    patience: { type: 'string', default: '10' },
    /** Folder for CPU profiles of the server. */
    profile: { type: 'string' },
  },
})
const only = values.only?.split(',')
const chosen = parts.filter(({ id }) => !only || only.includes(id))
/** Before each part, for others to be done. */
const patienceMs = Number(values.patience) * 1000
const say = (text: string) => console.error(text)
const began = performance.now()
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()

say(
  `load of the machine before: ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')} on ${cpus().length} cores`,
)
// Before the server starts: it looks at the files once.
if (chosen.includes(painted)) await buildWeb(process.execPath, say)
const installation = await install(Number(values.open), values.profile)
const rows: Row[] = []
const othersBusy: number[] = []
try {
  for (const part of chosen) {
    const busy = await waitForQuiet(patienceMs)
    othersBusy.push(busy)
    const from = performance.now()
    try {
      rows.push(...(await part.rows({ installation, rounds: Number(values.rounds), full: values.full, say })))
    } catch (error) {
      say(`${part.id} could not be measured: ${error instanceof Error ? error.stack : String(error)}`)
      rows.push({ id: part.id, what: 'not measured', promise: '', figure: null, unit: '', kept: null })
      await installation.clients.ask('closeAll')
    }
    say(
      `${part.id} took ${((performance.now() - from) / 1000).toFixed(0)} s; others kept the machine ${(busy * 100).toFixed(0)} % busy before it`,
    )
  }
} finally {
  await installation.close()
}

const facts = {
  command: `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
  commit,
  machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`,
  engines: installation.engines,
  rounds: Number(values.rounds),
  alarmsOpen: installation.open,
  seconds: Math.round((performance.now() - began) / 1000),
  othersBusy: `${(figureOf(othersBusy).least * 100).toFixed(0)} to ${(figureOf(othersBusy).most * 100).toFixed(0)} % of the machine before each part`,
}
console.log(table(rows, facts))
if (values.json) await writeFile(values.json, JSON.stringify({ facts, rows }, null, 2))
process.exitCode = rows.some(({ figure }) => figure === null) ? 1 : 0
