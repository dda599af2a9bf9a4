/** Groups of clients against each of the systems, and one measured slice of changes to one of them. */
import type { Kind, OpenOrder } from './clients.ts'
import type { Injection, Pace, System } from './injection.ts'
import type { Installation } from './installation.ts'
import { until } from './row.ts'
import type { Latency } from './statistics.ts'
import type { Report } from './tally.ts'

export const serverOf = (installation: Installation, system: System) =>
  ({ deskwatch: installation.server, 'raw-ws': installation.raw, 'plain-socket-io': installation.plain })[system]

export async function openGroups(
  installation: Installation,
  systems: readonly System[],
  kinds: Record<System, Kind>,
  count: number,
): Promise<void> {
  // From here on, so that nobody has to be sent all that stands already.
  const cursor = await installation.house.log.takePosition()
  for (const system of systems) {
    const { url } = serverOf(installation, system)
    const cookie = system === 'deskwatch' ? installation.target.cookie : ''
    const order: OpenOrder = { group: system, kind: kinds[system], count, url, cookie, cursor }
    await installation.clients.ask('open', order)
  }
}

export async function closeGroups({ clients }: Installation, systems: readonly System[]): Promise<void> {
  for (const system of systems) await clients.ask('close', system)
}

export interface Slice {
  /** One change seen by one client is one delivery, also when it came joined with others or was overtaken by the next. */
  rowsPerCpuSecond: number
  /** CPU of one delivery, once what the server uses in the same time with nothing to deliver is taken off. */
  microsOver: (idleShare: number) => number
  /** Of one core, the server. */
  core: number
  latency: Latency
  changesPerSecond: number
  bytesPerChange: number
  /** Clients that do not show the newest version of every row 10 s after the last change. */
  behind: number
  report: Report
}

export async function slice(
  installation: Installation,
  injection: Injection,
  system: System,
  pace: Pace & { expected: number },
): Promise<Slice> {
  const { clients } = installation
  const server = serverOf(installation, system).program
  await clients.ask('reset', system)
  const bytesBefore = await clients.ask<number>('bytes', system)
  const before = await server.usage()
  const began = performance.now()
  const { changes, ms } = await injection.run(system, pace)
  const after = await server.usage()
  let report = await clients.ask<Report>('report', system)
  let behind = 0
  await until(async () => {
    report = await clients.ask<Report>('report', system)
    if (system !== 'deskwatch') return report.rows >= changes * pace.expected
    behind = await clients.ask<number>('behind', { group: system, versions: injection.latest })
    return behind === 0
  }, 10_000)
  const late = await server.usage()
  // What was still unsent at the end of the slice is paid for too; idling is not.
  const tookMs = performance.now() - began
  const cpuMs = late.cpuMs - before.cpuMs
  const deliveries = system === 'deskwatch' ? changes * pace.expected : report.rows
  return {
    rowsPerCpuSecond: (deliveries / cpuMs) * 1000,
    microsOver: (idleShare) => ((cpuMs - idleShare * tookMs) * 1000) / deliveries,
    core: (after.cpuMs - before.cpuMs) / ms,
    latency: report.latency,
    changesPerSecond: (changes / ms) * 1000,
    bytesPerChange: ((await clients.ask<number>('bytes', system)) - bytesBefore) / changes,
    behind,
    report,
  }
}

/** What the server uses of a core with its clients there and nothing to deliver. */
export async function idleShare(installation: Installation, system: System, forMs: number): Promise<number> {
  const { program } = serverOf(installation, system)
  const before = await program.usage()
  await new Promise((resolve) => setTimeout(resolve, forMs))
  return ((await program.usage()).cpuMs - before.cpuMs) / forMs
}
