/** P2: deliveries per second of the server's CPU, one change at a time, beside raw `ws` and plain Socket.IO. */
import type { OpenOrder } from './clients.ts'
import { Injection, type System } from './injection.ts'
import { must } from '../../server/core/must.ts'
import { closeGroups, idleShare, openGroups, slice } from './groups.ts'
import { atLeast, type Part, type Round, type Row } from './row.ts'
import { figureOf, type Figure } from './statistics.ts'

/** Further apart than the 25 ms window of frames, so that nothing is joined. */
const paces = { 200: { everyMs: 28, forMs: 3_000 }, 1000: { everyMs: 50, forMs: 3_000 } }
const systems = ['raw-ws', 'deskwatch', 'plain-socket-io'] as const
/** A thousand stock clients would be more than the machine has left: the same bytes go to clients that cost less. */
const kinds: Record<200 | 1000, Record<System, OpenOrder['kind']>> = {
  200: { 'raw-ws': 'raw', deskwatch: 'stock', 'plain-socket-io': 'plain' },
  1000: { 'raw-ws': 'thin-raw', deskwatch: 'thin', 'plain-socket-io': 'thin-plain' },
}

export const fanOut: Part = {
  id: 'P2',
  async rows(round) {
    return [...(await withClients(round, 200, 1.0)), ...(await withClients(round, 1000, 0.9))]
  },
}

async function withClients(round: Round, count: 200 | 1000, limit: number): Promise<Row[]> {
  await openGroups(round.installation, systems, kinds[count], count)
  const injection = new Injection(round.installation, `fan${count}`, 50)
  const perCpuSecond: Record<System, number[]> = { 'raw-ws': [], deskwatch: [], 'plain-socket-io': [] }
  const batched: number[] = []
  const alone: number[] = []
  for (let n = 0; n < round.rounds; n++) {
    const over: Record<System, number> = { 'raw-ws': 0, deskwatch: 0, 'plain-socket-io': 0 }
    const shares = await Promise.all(systems.map((system) => idleShare(round.installation, system, 2_000)))
    for (const [index, system] of systems.entries()) {
      const measured = await slice(round.installation, injection, system, { ...paces[count], expected: count })
      over[system] = measured.microsOver(shares[index] ?? 0)
      perCpuSecond[system].push(measured.rowsPerCpuSecond)
      round.say(
        `P2 ${count} ${system}: ${measured.rowsPerCpuSecond.toFixed(0)} deliveries per CPU second, p50 ${measured.latency.p50.toFixed(1)} ms`,
      )
    }
    alone.push(over['raw-ws'] / over.deskwatch)
    const storm = await slice(round.installation, injection, 'deskwatch', {
      everyMs: 100,
      batch: 10,
      forMs: 2_000,
      expected: count,
    })
    batched.push(storm.rowsPerCpuSecond)
  }
  await injection.clear()
  await closeGroups(round.installation, systems)
  const ratio = (of: number[]): Figure =>
    figureOf(of.map((value, n) => value / must(perCpuSecond['raw-ws'][n], 'rounds are interleaved')))
  const own = ratio(perCpuSecond.deskwatch)
  const row = (what: string, figure: Figure, unit: string, promise = '', kept: boolean | null = null): Row => ({
    id: 'P2',
    what,
    figure,
    unit,
    promise,
    kept,
  })
  return [
    row(
      `fan-out to ${count} ${count === 200 ? 'stock' : 'thin'} clients, deliveries per server-CPU-second`,
      own,
      '× raw ws',
      `≥ ${limit.toFixed(1)} ×`,
      atLeast(own, limit),
    ),
    row('the same, without what each server uses idle', figureOf(alone), '× raw ws'),
    row(`the same, plain Socket.IO emit`, ratio(perCpuSecond['plain-socket-io']), '× raw ws'),
    row(`the same, Deskwatch, 10 changes within a window`, ratio(batched), '× raw ws'),
    row(`raw ws, ${count} clients`, figureOf(perCpuSecond['raw-ws']), 'deliveries/CPU s'),
  ]
}
