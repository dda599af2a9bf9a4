/** P6: what a first visit costs with the alarms open, and what coming back after a minute costs. */
import { presentAlarm } from '../../server/features/alarms/row.ts'
import { alarmDoc } from './documents.ts'
import type { Installation } from './installation.ts'
import { atMost, type Part } from './row.ts'
import { figureOf, micros } from './statistics.ts'

interface Visit {
  usableMs: number
  usableBytes: number
  wholeMs: number
  wholeBytes: number
  rows: number
}

export const feed: Part = {
  id: 'P6',
  async rows({ installation, rounds, say }) {
    const visits: Visit[] = []
    const resumes: { ms: number; bytes: number; changedBytes: number }[] = []
    for (let n = 0; n < rounds; n++) {
      const visit = await installation.clients.ask<Visit>('firstVisit', installation.target)
      if (visit.rows < installation.open) throw new Error(`only ${visit.rows} rows came`)
      visits.push(visit)
      resumes.push(await resume(installation, n + 1))
      say(
        `P6 usable after ${visit.usableMs.toFixed(0)} ms and ${visit.usableBytes} bytes, whole after ${visit.wholeMs.toFixed(0)} ms`,
      )
    }
    const kilobytes = figureOf(visits.map(({ usableBytes }) => usableBytes / 1000))
    const usable = figureOf(visits.map(({ usableMs }) => usableMs))
    const back = figureOf(resumes.map(({ ms }) => ms))
    const share = figureOf(resumes.map(({ bytes, changedBytes }) => bytes / changedBytes))
    const open = installation.open.toLocaleString('en')
    return [
      {
        id: 'P6',
        what: `first feed at ${open} open alarms, to usable`,
        figure: kilobytes,
        unit: 'kB',
        promise: '< 100 kB',
        kept: kilobytes.median < 100,
      },
      {
        id: 'P6',
        what: 'the same, connect to usable',
        figure: usable,
        unit: 'ms',
        promise: '< 1 s',
        kept: usable.median < 1_000,
      },
      {
        id: 'P6',
        what: 'all rows in the background',
        figure: figureOf(visits.map(({ wholeBytes }) => wholeBytes / 1000)),
        unit: 'kB',
        promise: '',
        kept: null,
      },
      {
        id: 'P6',
        what: 'all rows in the background',
        figure: figureOf(visits.map(({ wholeMs }) => wholeMs)),
        unit: 'ms',
        promise: '',
        kept: null,
      },
      {
        id: 'P6',
        what: 'resume after 300 changes, connect to current',
        figure: back,
        unit: 'ms',
        promise: '≤ 150 ms',
        kept: atMost(back, 150),
      },
      {
        id: 'P6',
        what: 'the same, bytes',
        figure: share,
        unit: '× the changed rows',
        promise: '≤ 1.2 ×',
        kept: atMost(share, 1.2),
      },
    ]
  },
}

/** Away while 300 alarms change (five a second for a minute, without waiting for the minute). */
async function resume({ clients, house, target }: Installation, v: number) {
  const cursor = await house.log.takePosition()
  await clients.ask('open', { group: 'away', kind: 'thin', count: 1, ...target, cursor })
  const docs = Array.from({ length: 300 }, (_, n) => alarmDoc('away', n, v, micros()))
  const changedBytes = docs.reduce(
    (sum, doc) => sum + Buffer.byteLength(JSON.stringify([doc._id, doc.v, presentAlarm(doc, false)])),
    0,
  )
  const gone = clients.ask<{ ms: number; bytes: number; kinds: Record<string, number> }>('reconnect', {
    group: 'away',
    delayMs: 500,
  })
  for (const doc of docs) await house.log.append(JSON.stringify([['alarms', doc]]))
  const { ms, bytes, kinds } = await gone
  await clients.ask('close', 'away')
  if (!kinds['delta']) throw new Error(`the answer was no delta: ${JSON.stringify(kinds)}`)
  return { ms, bytes, changedBytes }
}
