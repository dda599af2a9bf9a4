/** Readings of alarms: the live list and one alarm from memory, finished episodes and reports by exact id. */
import * as z from 'zod/mini'
import { defineQuery } from '../../core/command.ts'
import { listOf, listView, seesMasked } from '../../core/lists.ts'
import { documents } from '../../core/mongo.ts'
import { refused } from '../../core/problems.ts'
import { AlarmQuery, AlarmRow, severities, Severity, sources } from './contract.ts'
import { readHistory } from './history.ts'
import { historyAsk } from './history-ask.ts'
import { AlarmDocs, HistoryDocs, ReportDocs, type HistoryDoc, type ReportDoc } from './model.ts'
import { AlarmView, presentAlarm } from './row.ts'

const alarmId = z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(200)) })

/** One alarm with its version: the row, also of a finished episode. */
const AlarmDetail = z.extend(AlarmRow, { v: z.number(), labels: z.record(z.string(), z.string()), ended: z.boolean() })

const HistoryRow = z.extend(AlarmRow, { alarm: z.string(), endedAt: z.number() })

const ReportRow = z.object({
  id: z.string(),
  source: z.enum(sources),
  severity: Severity,
  status: z.enum(['firing', 'cleared']),
  summary: z.string(),
  readings: z.record(z.string(), z.number()),
  startsAt: z.nullable(z.number()),
  receivedAt: z.number(),
})

export const listAlarms = defineQuery({
  route: 'GET /alarms',
  summary: 'Live alarms, filtered, ordered, paged',
  permission: 'alarms:read',
  input: AlarmQuery,
  output: listOf(AlarmRow),
  run: (ctx, { cursor, limit, sort, ...filter }) => listView(ctx, AlarmView, filter, { cursor, limit, sort }),
})

export const alarmHistory = defineQuery({
  route: 'GET /alarms/history',
  summary: 'Finished episodes, newest first; may answer fewer than asked with a cursor to go on',
  permission: 'alarms:read',
  input: AlarmQuery,
  output: z.object({ items: z.array(HistoryRow), nextCursor: z.nullable(z.string()), total: z.nullable(z.number()) }),
  async run(ctx, { cursor, limit, sort: _sort, ...filter }) {
    const masked = seesMasked(ctx.role)
    const { items, next } = await readHistory(ctx.core.db, {
      ...historyAsk(ctx, filter),
      cursor: cursor ?? null,
      limit,
    })
    const rows = items.map((doc) => ({ ...presentAlarm(doc, masked), alarm: doc.alarm, endedAt: doc.endedAt }))
    return { items: rows, nextCursor: next, total: null }
  },
})

export const oneAlarm = defineQuery({
  route: 'GET /alarms/:id',
  summary: 'One alarm, live or finished',
  permission: 'alarms:read',
  input: alarmId,
  output: AlarmDetail,
  async run(ctx, { id }) {
    const masked = seesMasked(ctx.role)
    const live = ctx.core.views.get(AlarmDocs, id)
    const doc = live ?? (await documents<HistoryDoc>(ctx.core.db, HistoryDocs.noun).findOne({ _id: id }))
    if (!doc || doc.tenant !== ctx.tenant) return refused('request.not-found')
    return {
      ...presentAlarm(doc, masked),
      v: doc.v,
      labels: masked ? {} : doc.labels,
      ended: 'endedAt' in doc || doc.gone === true,
    }
  },
})

export const reportsOfAlarm = defineQuery({
  route: 'GET /alarms/:id/reports',
  summary: 'The last 20 reports of an alarm, live or finished, newest first',
  permission: 'alarms:read',
  input: alarmId,
  output: z.object({ items: z.array(ReportRow), total: z.number() }),
  async run(ctx, { id }) {
    const live = ctx.core.views.get(AlarmDocs, id)
    const alarm = live ?? (await documents<HistoryDoc>(ctx.core.db, HistoryDocs.noun).findOne({ _id: id }))
    if (!alarm || alarm.tenant !== ctx.tenant) return refused('request.not-found')
    const ids = 'seen' in alarm ? alarm.seen : alarm.reports
    const found = await documents<ReportDoc>(ctx.core.db, ReportDocs.noun)
      .find({ _id: { $in: ids } })
      .toArray()
    found.sort((a, b) => b.receivedAt - a.receivedAt)
    const items = found.map(({ _id, source, severity, status, summary, readings, startsAt, receivedAt }) => ({
      id: _id,
      source,
      severity,
      status,
      summary,
      readings,
      startsAt,
      receivedAt,
    }))
    return { items, total: alarm.count }
  },
})

export const alarmStatistics = defineQuery({
  route: 'GET /alarms/statistics',
  summary: 'Counts of the live alarms by severity and acknowledgement',
  permission: 'alarms:read',
  input: z.strictObject({}),
  output: z.record(z.string(), z.number()),
  run: (ctx) => {
    const rows = [...ctx.core.views.ofTenant(AlarmDocs, ctx.tenant)].flatMap(
      (doc) => AlarmView.present(doc, true) ?? [],
    )
    return { ...Object.fromEntries(severities.map((severity) => [severity, 0])), ...AlarmView.contract.counters(rows) }
  },
})
