/** Standing alarms for a demo or a measurement: folded as reports would be, many at once. Safe to repeat. */
import type { Core, Write } from '../../core/core.ts'
import { documents, refusedIndexes } from '../../core/mongo.ts'
import { must } from '../../core/must.ts'
import type { Random } from '../../fleet/simulated/random.ts'
import type { Severity } from './contract.ts'
import { fold } from './fold.ts'
import { AlarmDocs, fingerprint, ownId, ReportDocs, type AlarmDoc, type Report, type ReportDoc } from './model.ts'

const mostPerWrite = 300
const shares: Record<Severity, number> = { critical: 5, high: 15, medium: 40, low: 40 }
const dayMs = 24 * 3600_000

interface Kind {
  type: string
  summary: string
  readings: (random: Random) => Record<string, number>
}
const kinds: readonly Kind[] = [
  {
    type: 'stutter',
    summary: 'Frames skipped for more than a second',
    readings: (random) => ({ fps: random.whole(4, 19), skipped: random.whole(15, 45) }),
  },
  {
    type: 'latency',
    summary: 'Round trip beyond its limit',
    readings: (random) => ({ rtt: random.whole(90, 440), fps: random.whole(10, 27) }),
  },
  { type: 'loss', summary: 'Packets lost', readings: (random) => ({ loss: random.whole(10, 70) / 10 }) },
  { type: 'cpu', summary: 'Processor saturated', readings: (random) => ({ cpu: random.whole(85, 99) }) },
]
const businesses = ['三维设计', '研发桌面', '客服座席', '财务专区', '培训教室']

export async function seedDemoAlarms(
  core: Pick<Core, 'views' | 'changes' | 'clock' | 'db'>,
  { tenant, alarms, random }: { tenant: string; alarms: number; random: Random },
): Promise<void> {
  for (let from = 0; from < alarms; from += mostPerWrite) {
    const reports = Array.from({ length: Math.min(mostPerWrite, alarms - from) }, (_, n) =>
      reportOf(tenant, from + n, core.clock.now(), random),
    )
    const missing = reports.filter((report) => core.views.get(AlarmDocs, fingerprint(report)) === undefined)
    if (missing.length > 0) await store(core, missing)
  }
}

async function store(core: Pick<Core, 'changes' | 'db'>, reports: readonly Report[]): Promise<void> {
  const stored = reports.map(({ id, ...rest }): ReportDoc => {
    return { ...rest, _id: id, v: 1, batch: 'demo:1', alarm: fingerprint(rest) }
  })
  await documents<ReportDoc>(core.db, ReportDocs.noun)
    .insertMany(stored, { ordered: false })
    .catch((error: unknown) => {
      // Stored by an earlier seed that did not get to its alarms.
      if (!refusedIndexes(error)) throw error
    })
  const writes = reports.map((report): Write => {
    const arrival = { report, fresh: true, batch: 1 }
    const doc: AlarmDoc = must(fold(fingerprint(report), null, [arrival], 'demo', dayMs), 'a firing report begins')
    return { collection: AlarmDocs, base: 0, doc }
  })
  await core.changes.write(writes)
}

function reportOf(tenant: string, n: number, now: number, random: Random): Report {
  const kind = must(random.pick(kinds), 'there are kinds')
  return {
    id: ownId(tenant, 'demo', `standing ${n}`),
    tenant,
    sender: 'demo',
    source: 'api',
    type: kind.type,
    severity: random.weighted(shares),
    status: 'firing',
    desktop: `DEMO-${String(n).padStart(6, '0')}`,
    host: `gz1-h-${String(n % 400).padStart(3, '0')}`,
    user: `user-${n % 5_000}`,
    business: must(businesses[n % businesses.length], 'within the list'),
    pool: `pool-${n % 20}`,
    region: null,
    summary: kind.summary,
    readings: kind.readings(random),
    labels: {},
    runbook: null,
    startsAt: null,
    endsAt: now + dayMs,
    receivedAt: now - random.whole(0, dayMs / 2),
  }
}
