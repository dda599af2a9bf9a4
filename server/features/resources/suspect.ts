/**
 * Who is to blame for a stutter: a pure function of what was measured around the report. The first rule that fits says
 * so by its id; what is not known is never taken for fine.
 */
import { isOver, type Evidence, type Part, type Suspect, type Verdict } from './contract.ts'
import { figuresOf, type Subject } from './points.ts'
import { limitsOf, overSince, type Spot } from './series.ts'

export interface Case {
  reportedAt: number
  /** null: the alarm is of a host alone. */
  desktop: { spots: readonly Spot[]; atReport: Record<string, number> } | null
  host: { spots: readonly Spot[]; atReport: Record<string, number> } | null
  peers: { stuttering: number; of: number }
  skewed: boolean
}

interface Cause {
  part: Part
  figure: string
  rule: string
}
/** In order of what explains most. */
const causes: readonly Cause[] = [
  { part: 'host', figure: 'steal', rule: 'host.cpu-steal' },
  { part: 'host', figure: 'pressure', rule: 'host.memory-pressure' },
  { part: 'host', figure: 'cpu', rule: 'host.cpu' },
  { part: 'host', figure: 'memory', rule: 'host.memory' },
  { part: 'network', figure: 'loss', rule: 'network.loss' },
  { part: 'network', figure: 'rtt', rule: 'network.rtt' },
  { part: 'network', figure: 'jitter', rule: 'network.jitter' },
  { part: 'desktop', figure: 'cpu', rule: 'desktop.cpu' },
  { part: 'desktop', figure: 'memory', rule: 'desktop.memory' },
  { part: 'desktop', figure: 'disk', rule: 'desktop.disk' },
  { part: 'desktop', figure: 'gpu', rule: 'desktop.gpu' },
]
const symptoms = ['fps', 'skipped'] as const

/** So many others at once are no coincidence. */
const manyPeers = 3
/** Causes that began so close together began together: the order of the table decides. */
const togetherMs = 15_000
/** So many desktops more on a host within the window are said. */
const movedDesktops = 3

type Figure = Extract<Evidence, { kind: 'figure' }>

export function suspectOf(the: Case): Verdict {
  const stutter = symptoms.flatMap((figure) => readingOf(the, { part: 'desktop', figure }) ?? [])
  const began = earliest(stutter.filter(({ over }) => over)) ?? the.reportedAt
  const read = causes.flatMap((cause) => {
    const reading = readingOf(the, cause)
    return reading
      ? [{ cause, reading: { ...reading, lead: reading.since === null ? null : began - reading.since } }]
      : []
  })
  const over = read.filter(({ reading }) => reading.over)
  const { suspect, rule } = decide(
    the,
    over,
    stutter.some((reading) => reading.over),
    read.map(({ cause }) => cause.part),
  )
  return {
    suspect,
    rule,
    evidence: evidenceOf(
      the,
      read.map(({ reading }) => reading),
      suspect,
    ),
  }
}

interface Read {
  cause: Cause
  reading: Figure
}

function decide(
  { desktop, host, peers }: Case,
  over: readonly Read[],
  stutters: boolean,
  known: readonly Part[],
): { suspect: Suspect; rule: string } {
  const subject = desktop ?? host
  if (!subject || subject.spots.length === 0) return { suspect: 'unknown', rule: 'no-samples' }
  const many = peers.stuttering >= manyPeers
  const ofHost = over.find(({ cause }) => cause.part === 'host')
  if (ofHost && many) return { suspect: 'host', rule: `${ofHost.cause.rule}+peers≥${manyPeers}` }
  const first = firstOf(over)
  if (first) {
    const alone = over.every(({ cause }) => cause.part === first.cause.part)
    return { suspect: first.cause.part, rule: alone ? first.cause.rule : `${first.cause.rule}+first` }
  }
  if (!stutters) return { suspect: 'unknown', rule: 'nothing-over-a-limit' }
  if (many) return { suspect: 'host', rule: `host.peers≥${manyPeers}` }
  const missing = (['desktop', 'host', 'network'] as const).find((part) => !known.includes(part))
  if (missing) return { suspect: 'unknown', rule: `${missing}-not-measured` }
  return { suspect: 'client', rule: 'client.all-else-fine' }
}

/** Who was over first; what was over before the window begins was over before everything else. */
function firstOf(over: readonly Read[]): Read | undefined {
  const sinceOf = ({ reading }: Read) => reading.since ?? 0
  const first = Math.min(...over.map(sinceOf))
  return over.find((each) => sinceOf(each) - first <= togetherMs)
}

const earliest = (readings: readonly Figure[]) =>
  readings.reduce<number | null>(
    (first, { since }) => (since !== null && (first === null || since < first) ? since : first),
    null,
  )

function readingOf(the: Case, { part, figure }: Pick<Cause, 'part' | 'figure'>): Figure | null {
  const subject: Subject = part === 'host' ? 'host' : 'desktop'
  const measured = the[subject]
  const value = measured?.atReport[figure]
  if (!measured || value === undefined) return null
  const limit = limitsOf[subject][figure]
  if (!limit) return { kind: 'figure', part, figure, value, limit: null, over: false, since: null, lead: null }
  const names: readonly string[] = figuresOf[subject]
  const found = overSince(measured.spots, { column: names.indexOf(figure), limit, moment: the.reportedAt })
  // The report's own figure may be over when no sample near it is.
  const over = found.over || isOver(value, limit)
  const since = found.over ? found.since : over ? the.reportedAt : null
  return { kind: 'figure', part, figure, value, limit: limit.value, over, since, lead: null }
}

/** What is over first, then what speaks for the verdict; parts of which nothing is known are named. */
function evidenceOf(the: Case, readings: readonly Figure[], suspect: Suspect): Evidence[] {
  const evidence: Evidence[] = []
  if (the.skewed) evidence.push({ kind: 'skewed' })
  evidence.push(...readings.filter(({ over }) => over))
  const moved = movedIn(the)
  if (moved) evidence.push(moved)
  if (the.peers.stuttering > 0) evidence.push({ kind: 'peers', ...the.peers })
  for (const part of ['host', 'network', 'desktop'] as const) {
    if (part === 'host' ? !the.host : !the.desktop) continue
    const of = readings.filter((reading) => reading.part === part)
    if (of.length === 0) evidence.push({ kind: 'missing', part })
    // Of a part that is fine, its first two figures are enough.
    else if (part !== suspect && of.every(({ over }) => !over)) evidence.push(...of.slice(0, 2))
  }
  return evidence
}

/** Desktops that came to the host in the window before the report. */
function movedIn({ host, reportedAt }: Case): Evidence | null {
  const column = figuresOf.host.indexOf('desktops')
  const counts = (host?.spots ?? []).flatMap(({ at, values }) => {
    const count = values[column] ?? null
    return count !== null && at <= reportedAt + 60_000 ? [{ at, count }] : []
  })
  const [first, last] = [counts[0], counts.at(-1)]
  if (!first || !last || last.count - first.count < movedDesktops) return null
  const half = (first.count + last.count) / 2
  const at = counts.find(({ count }) => count >= half)?.at ?? last.at
  return { kind: 'moved', at, before: first.count, after: last.count }
}
