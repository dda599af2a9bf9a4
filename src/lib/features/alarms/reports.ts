import * as z from 'zod/mini'
import { AlarmRow, Severity, Source, type AlarmRow as Row } from '#contract/alarms'
import { get } from '../../sync/send.ts'
import type { TimelineEntry } from '../../ui/timeline.ts'
import { detailText } from './detail-texts.ts'
import { symptom } from './readings.ts'

const Report = z.object({
  id: z.string(),
  source: Source,
  severity: Severity,
  status: z.enum(['firing', 'cleared']),
  summary: z.string(),
  readings: z.record(z.string(), z.number()),
  receivedAt: z.number(),
})
export type Report = z.infer<typeof Report>
const Reports = z.object({ items: z.array(Report), total: z.number() })
const Detail = z.extend(AlarmRow, { ended: z.boolean() })

const path = (id: string) => `/api/v1/alarms/${encodeURIComponent(id)}`
export const readReports = (id: string, signal: AbortSignal) => get(`${path(id)}/reports`, Reports, signal)
export const readAlarm = (id: string, signal: AbortSignal) => get(path(id), Detail, signal)

const sourceKey = {
  api: 'sourceApi',
  prometheus: 'sourcePrometheus',
  alertmanager: 'sourceAlertmanager',
  agent: 'sourceAgent',
  system: 'sourceSystem',
} as const
export const sourceWord = (source: Row['source']) => detailText(sourceKey[source])

/** Newest first: reports, who acknowledged, and how it began and ended. */
export function timelineOf(row: Row, reports: readonly Report[], earlier: number): TimelineEntry[] {
  const entries: TimelineEntry[] = reports.map((report) => ({
    id: report.id,
    at: report.receivedAt,
    glyph: report.status === 'cleared' ? 'normal' : 'pending',
    text:
      report.status === 'cleared'
        ? detailText('tlCleared')
        : detailText('tlReport', { text: symptom({ ...report, type: row.type }) }),
    quiet: true,
  }))
  if (row.acknowledgedAt !== null) {
    const name = row.acknowledgedBy ?? '–'
    entries.push({
      id: 'acknowledged',
      at: row.acknowledgedAt,
      ...(row.acknowledgedBy ? { person: name } : { glyph: 'acknowledged' as const }),
      text: detailText('tlAcknowledged', { name }),
    })
  }
  if (row.clearedAt !== null && !reports.some((report) => report.status === 'cleared')) {
    entries.push({ id: 'cleared', at: row.clearedAt, glyph: 'normal', text: detailText('tlCleared') })
  }
  if (earlier > 0)
    entries.push({
      id: 'earlier',
      at: row.raisedAt + 1,
      glyph: 'pending',
      text: detailText('tlMore', { n: earlier }),
      quiet: true,
    })
  entries.push({
    id: 'first',
    at: row.raisedAt,
    glyph: 'unacknowledged',
    text: detailText('tlFirst', { source: sourceWord(row.source) }),
  })
  return entries.sort((a, b) => b.at - a.at)
}
