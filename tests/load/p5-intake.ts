/** P5: how fast reports are taken in, beside bare inserts of the same reports into the same database. */
import { must } from '../../server/core/must.ts'
import { post, type Installation } from './installation.ts'
import { atLeast, atMost, until, type Part, type Round } from './row.ts'
import { figureOf, percentile } from './statistics.ts'

const batch = 300
const burst = 6_000
const inFlight = 4
const steady = { perSecond: 200, seconds: 3 }

export const intake: Part = {
  id: 'P5',
  async rows(round) {
    const { installation, rounds, full, say } = round
    const beside = full ? 100_000 : 20_000
    await installation.seed(beside)
    const ratios: number[] = []
    const accepted: number[] = []
    const folded: number[] = []
    const p99: number[] = []
    const refused: number[] = []
    for (let n = 0; n < rounds; n++) {
      const bare = await bareInserts(installation, n)
      const taken = await burstOf(installation, n)
      ratios.push(taken.acceptedPerSecond / bare)
      accepted.push(taken.acceptedPerSecond)
      folded.push(taken.foldedPerSecond)
      const pace = await steadyPosts(round, n)
      p99.push(pace.p99)
      refused.push(pace.refused)
      say(
        `P5 accepted ${taken.acceptedPerSecond.toFixed(0)}/s, bare ${bare.toFixed(0)}/s, folded ${taken.foldedPerSecond.toFixed(0)}/s, 2xx p99 ${pace.p99.toFixed(0)} ms`,
      )
    }
    const ratio = figureOf(ratios)
    const slowest = figureOf(p99)
    const no = figureOf(refused)
    const others = beside.toLocaleString('en')
    return [
      {
        id: 'P5',
        what: 'intake, reports accepted durably',
        figure: ratio,
        unit: '× bare insertMany(300)',
        promise: '≥ 1.2 ×',
        kept: atLeast(ratio, 1.2),
      },
      { id: 'P5', what: 'the same', figure: figureOf(accepted), unit: 'reports/s', promise: '', kept: null },
      { id: 'P5', what: 'folded into alarms', figure: figureOf(folded), unit: 'reports/s', promise: '', kept: null },
      {
        id: 'P5',
        what: `2xx at ${steady.perSecond}/s beside ${others} alarms, p99`,
        figure: slowest,
        unit: 'ms',
        promise: '≤ 50 ms',
        kept: atMost(slowest, 50),
      },
      { id: 'P5', what: 'refused meanwhile', figure: no, unit: 'posts', promise: '', kept: null },
    ]
  },
}

const report = (desktop: string, id: string) => ({
  id,
  type: 'stutter',
  severity: 'medium',
  desktop,
  summary: 'Frame rate below 12 for 30 s',
  readings: { fps: 9, rtt: 180 },
})

/** The same number of reports, one document each, as many batches in flight as there are senders. */
async function bareInserts({ house }: Installation, round: number): Promise<number> {
  const collection = house.core.db.collection<{ _id: string }>('bench-bare')
  const began = performance.now()
  await eachBatch((at) => {
    const docs = Array.from({ length: batch }, (_, i) => ({
      _id: `${round}-${at + i}`,
      v: 1,
      tenant: 'acme',
      ...report(`burst-desk-${(at + i) % 2_000}`, `${at + i}`),
    }))
    return collection.insertMany(docs, { ordered: false })
  })
  return (burst / (performance.now() - began)) * 1000
}

async function burstOf(installation: Installation, round: number) {
  const foldedBefore = await folded(installation)
  const began = performance.now()
  await eachBatch(async (at) => {
    const status = await post(
      installation,
      Array.from({ length: batch }, (_, i) => report(`burst-desk-${(at + i) % 2_000}`, `${round} ${at + i}`)),
    )
    if (status !== 202) throw new Error(`a batch was answered ${status}`)
  })
  const acceptedPerSecond = (burst / (performance.now() - began)) * 1000
  const done = await until(async () => (await folded(installation)) - foldedBefore >= burst, 120_000, 100)
  if (!done) throw new Error('folding did not end within 2 minutes')
  return { acceptedPerSecond, foldedPerSecond: (burst / (performance.now() - began)) * 1000 }
}

async function eachBatch(send: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const sender = async () => {
    while (next < burst) {
      const at = next
      next += batch
      await send(at)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sender))
}

/** Posts of one report at fixed moments, whether or not earlier ones were answered. */
async function steadyPosts({ installation }: Round, round: number): Promise<{ p99: number; refused: number }> {
  const times: number[] = []
  let refused = 0
  const began = performance.now()
  const posts = Array.from({ length: steady.perSecond * steady.seconds }, async (_, n) => {
    const due = began + (n * 1000) / steady.perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const from = performance.now()
    const status = await post(installation, report(`s-desk-${(n * 7) % installation.open}`, `steady ${round} ${n}`))
    times.push(performance.now() - from)
    if (status !== 202) refused++
  })
  await Promise.all(posts)
  return { p99: percentile(times, 99), refused }
}

async function folded({ server }: Installation): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(must(/^deskwatch_reports_folded_total (\d+)/m.exec(text)?.[1], 'the server counts what it folds'))
}
