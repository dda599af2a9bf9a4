/** P3: 2,000 changes a second to 200 consoles; what it costs, how late rows are, and whether all are current at the end. */
import { must } from '../../server/core/must.ts'
import { closeGroups, openGroups, slice } from './groups.ts'
import { Injection } from './injection.ts'
import { atLeast, atMost, type Part, type Row } from './row.ts'
import { figureOf, type Figure } from './statistics.ts'

const clients = 200
/** Alarms that the storm goes round: each changes four times a second. */
const documents = 500
/** The bare server cannot carry the storm at all: its cost a message is taken at a tenth of it. */
const pace = { deskwatch: { everyMs: 10, batch: 20, forMs: 4_000 }, 'raw-ws': { everyMs: 10, batch: 2, forMs: 3_000 } }
const systems = ['raw-ws', 'deskwatch'] as const

export const storm: Part = {
  id: 'P3',
  async rows({ installation, rounds, say }) {
    await openGroups(
      installation,
      systems,
      { deskwatch: 'thin', 'raw-ws': 'thin-raw', 'plain-socket-io': 'plain' },
      clients,
    )
    const injection = new Injection(installation, 'storm', documents)
    const seen = {
      ratio: [] as number[],
      p99: [] as number[],
      core: [] as number[],
      bytes: [] as number[],
      rate: [] as number[],
      behind: [] as number[],
    }
    for (let n = 0; n < rounds; n++) {
      const raw = await slice(installation, injection, 'raw-ws', { ...pace['raw-ws'], expected: clients })
      const own = await slice(installation, injection, 'deskwatch', { ...pace.deskwatch, expected: clients })
      seen.ratio.push(own.rowsPerCpuSecond / raw.rowsPerCpuSecond)
      seen.p99.push(own.latency.p99)
      seen.core.push(own.core)
      seen.bytes.push(own.bytesPerChange / raw.bytesPerChange)
      seen.rate.push(own.changesPerSecond)
      seen.behind.push(own.behind)
      say(
        `P3 ${own.changesPerSecond.toFixed(0)}/s: ${must(seen.ratio.at(-1), 'just pushed').toFixed(1)} × raw, core ${own.core.toFixed(2)}, p50 ${own.latency.p50.toFixed(1)} p99 ${own.latency.p99.toFixed(1)} ms, bytes ${seen.bytes.at(-1)?.toFixed(2)} ×`,
      )
    }
    await injection.clear()
    await closeGroups(installation, systems)
    const row = (
      what: string,
      rounds: number[],
      unit: string,
      promise = '',
      keeps?: (figure: Figure) => boolean,
    ): Row => {
      const figure = figureOf(rounds)
      return { id: 'P3', what, figure, unit, promise, kept: keeps ? keeps(figure) : null }
    }
    return [
      row(
        `storm over ${documents} alarms to ${clients} clients, row-deliveries per server-CPU-second`,
        seen.ratio,
        '× raw ws',
        '≥ 10 ×',
        (figure) => atLeast(figure, 10),
      ),
      row('change to row received, p99', seen.p99, 'ms', '≤ 75 ms', (figure) => atMost(figure, 75)),
      row('server', seen.core, 'core', '≤ 0.35', (figure) => atMost(figure, 0.35)),
      row('bytes to clients', seen.bytes, '× raw ws', '≤ 0.15 ×', (figure) => atMost(figure, 0.15)),
      row('clients not current in the end', seen.behind, 'of 200', '0', (figure) => figure.most === 0),
      row('injected', seen.rate, 'changes/s'),
    ]
  },
}
