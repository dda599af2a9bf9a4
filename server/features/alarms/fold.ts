/** How reports become an alarm: pure, so that redo after a crash decides the same again. */
import { annunciated } from './annunciation.ts'
import { severityRank } from './contract.ts'
import { episodeId, noted, type NewEntry } from './entries.ts'
import { outliving, processOf, shown } from './holds.ts'
import { after, isActive, type AlarmEvent } from './machine.ts'
import type { AlarmDoc, HistoryDoc, Report } from './model.ts'

export interface Arrival {
  report: Report
  /** First time this report was ever stored; false for a sender's resend. */
  fresh: boolean
  /** Number of the batch within its node incarnation. */
  batch: number
}

const seenMost = 20

/**
 * Folds what is not taken yet, in order; null when everything is. `current` may be a tombstone: its episode ended.
 * `born` lays on a new episode what rules ask for, before anybody sees it.
 */
export function fold(
  id: string,
  current: AlarmDoc | null,
  arrivals: readonly Arrival[],
  incarnation: string,
  calmMs: number,
  born: (alarm: AlarmDoc) => AlarmDoc = (alarm) => alarm,
): AlarmDoc | null {
  const mark = current?.taken[incarnation] ?? 0
  const open = arrivals.filter(({ batch }) => batch > mark)
  if (open.length === 0) return null
  let doc = current
  for (const arrival of open) {
    const next = foldOne(id, doc, arrival, calmMs)
    if (next === doc || !next) continue
    const begins = !next.gone && next.episode !== (doc?.gone ? undefined : doc?.episode)
    doc = finished(annunciated(doc, begins ? born(next) : next, arrival.report.receivedAt))
  }
  if (!doc || doc === current) return null
  const highest = Math.max(...open.map(({ batch }) => batch))
  return { ...doc, taken: { ...doc.taken, [incarnation]: highest } }
}

function foldOne(id: string, doc: AlarmDoc | null, { report, fresh }: Arrival, calmMs: number): AlarmDoc | null {
  const live = doc && !doc.gone ? doc : null
  if (report.status === 'cleared') return live ? clear(live, report) : doc
  if (!live) return raisesAnew(doc, report, fresh) ? begin(id, doc, report, calmMs) : doc
  const severity = fresh ? report.severity : live.severity
  const change = severityRank[severity] - severityRank[live.severity]
  const event: AlarmEvent = change > 0 ? 'worsen' : 'raise'
  const before = processOf(live)
  // A resend only proves that it goes on; it re-raises what had cleared for want of news, not what its sender resolved.
  const process = fresh || live.endsAt !== null ? after(before, event) : before
  const raised = process === 'unacknowledged' && before !== 'unacknowledged'
  const next = shown({
    ...live,
    ...(fresh && latest(report)),
    severity,
    count: live.count + (fresh ? 1 : 0),
    lastSeenAt: Math.max(live.lastSeenAt, report.receivedAt),
    endsAt: endOf(report, calmMs),
    startsAt: latestOf(live.startsAt, report.startsAt),
    seen: fresh ? remember(live.seen, report.id) : live.seen,
    ...(raised && { clearedAt: null, acknowledgedAt: null, acknowledgedBy: null }),
  })
  if (!raised && change === 0) return next
  const what = raised ? 're-raised' : change > 0 ? 'worsened' : 'eased'
  return noted(next, told(report.receivedAt, what, change === 0 ? {} : { from: live.severity, severity }))
}

const told = (at: number, what: NewEntry['what'], more: Partial<NewEntry> = {}): NewEntry => ({
  at,
  what,
  by: null,
  byId: null,
  ...more,
})

function clear(doc: AlarmDoc, report: Report): AlarmDoc {
  const late = report.startsAt !== null && doc.startsAt !== null && report.startsAt < doc.startsAt
  if (late || !isActive(processOf(doc))) return doc
  return cleared({ ...doc, seen: remember(doc.seen, report.id), endsAt: null }, report.receivedAt)
}

/** `expired`: by the clock, when an end has passed without news. */
export function cleared(doc: AlarmDoc, at: number, what: 'cleared' | 'expired' = 'cleared'): AlarmDoc {
  return noted(shown({ ...doc, clearedAt: at }), told(at, what))
}

/** A resend of a finished episode raises nothing, unless it had only expired and its sender says it still goes on. */
function raisesAnew(gone: AlarmDoc | null, report: Report, fresh: boolean): boolean {
  if (fresh)
    return (
      gone === null ||
      report.startsAt === null ||
      gone.startsAt === null ||
      report.startsAt > gone.startsAt ||
      gone.endsAt !== null
    )
  // A tombstone that was purged had been quiet for a day.
  return (gone === null || gone.endsAt !== null) && report.endsAt !== null && report.endsAt > report.receivedAt
}

function begin(id: string, gone: AlarmDoc | null, report: Report, calmMs: number): AlarmDoc {
  const skewed = isSkewed(report)
  const holds = outliving(gone?.holds, report.receivedAt)
  const doc: AlarmDoc = shown({
    _id: id,
    v: gone?.v ?? 0,
    tenant: report.tenant,
    episode: (gone?.episode ?? 0) + 1,
    type: report.type,
    desktop: report.desktop,
    severity: report.severity,
    state: 'unacknowledged',
    ...latest(report),
    source: report.source,
    count: 1,
    raisedAt: skewed || report.startsAt === null ? report.receivedAt : Math.min(report.startsAt, report.receivedAt),
    lastSeenAt: report.receivedAt,
    clearedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    startsAt: report.startsAt,
    endsAt: endOf(report, calmMs),
    skewed,
    seen: [report.id],
    taken: gone?.taken ?? {},
    ...(holds.length > 0 && { holds }),
    ...(gone?.ended && { ended: gone.ended }),
    ...(gone?.commands && { commands: gone.commands }),
  })
  return noted(doc, told(report.receivedAt, 'raised', { severity: report.severity }))
}

function latest(report: Report) {
  const { host, user, business, pool, region, summary, readings, labels, runbook } = report
  return { host, user, business, pool, region, summary, readings, labels, runbook }
}

const skewMs = 5 * 60_000

/** Prometheus tells when a condition began, possibly long ago; the others report at once. Nobody reports the future. */
function isSkewed({ source, startsAt, receivedAt }: Report): boolean {
  if (startsAt === null) return false
  if (startsAt > receivedAt + skewMs) return true
  return (source === 'api' || source === 'agent') && startsAt < receivedAt - skewMs
}

/** When silence means cleared: the sender's end if it is ahead; a calm period for those that resend nothing. */
function endOf(report: Report, calmMs: number): number | null {
  if (report.endsAt !== null && report.endsAt > report.receivedAt) return report.endsAt
  return report.source === 'api' || report.source === 'agent' ? report.receivedAt + calmMs : null
}

const latestOf = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.max(a, b))
const remember = (seen: readonly string[], id: string) =>
  seen.includes(id) ? [...seen] : [...seen, id].slice(-seenMost)

/** An episode that reached `normal` ends: it leaves the live list and waits in the document until it is in history. */
export function finished(doc: AlarmDoc): AlarmDoc {
  return doc.state === 'normal' && !doc.gone
    ? { ...doc, gone: true, ended: [...(doc.ended ?? []), toHistory(doc)] }
    : doc
}

function toHistory(doc: AlarmDoc): HistoryDoc {
  const { taken: _taken, seen, commands: _commands, gone: _gone, ended: _ended, _id, ...kept } = doc
  return {
    ...kept,
    _id: episodeId(doc),
    v: 1,
    alarm: _id,
    endedAt: doc.clearedAt ?? doc.lastSeenAt,
    reports: seen,
  }
}
