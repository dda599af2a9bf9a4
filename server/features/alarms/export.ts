/** Alarms as a file: what the filter matches now, or finished episodes. */
import * as z from 'zod/mini'
import { exportRoute, type Column } from '../../core/export.ts'
import type { Ctx } from '../../core/feature.ts'
import { rowsOf, seesMasked } from '../../core/lists.ts'
import { AlarmFilter, alarmMatches, AlarmQuery, Alarms, AlarmRow, type AlarmRow as Row } from './contract.ts'
import { readHistory } from './history.ts'
import { historyAsk } from './history-ask.ts'
import { AlarmView, presentAlarm } from './row.ts'

const ExportQuery = z.extend(z.omit(AlarmQuery, { cursor: true, limit: true }), {
  sort: z._default(z.enum(Object.keys(Alarms.orders)), Alarms.defaultOrder),
  format: z._default(z.enum(['csv', 'xlsx']), 'csv'),
  history: z.optional(z.enum(['0', '1'])),
})
type Query = z.infer<typeof ExportQuery>

const column = (key: string, zh: string, en: string, value: Column<Row>['value']): Column<Row> => ({
  key,
  title: { 'zh-CN': zh, en },
  value,
})
const moment = (at: number | null) => (at === null ? null : new Date(at))

const columns = [
  column('id', '告警编号', 'Alarm', ({ id }) => id),
  column('severity', '级别', 'Severity', ({ severity }) => severity),
  column('state', '状态', 'State', ({ state }) => state),
  column('type', '类型', 'Type', ({ type }) => type),
  column('desktop', '桌面名称', 'Desktop', ({ desktop }) => desktop),
  column('host', '物理机', 'Host', ({ host }) => host),
  column('user', '用户账号', 'User account', ({ user }) => user),
  column('business', '业务名称', 'Business', ({ business }) => business),
  column('pool', '桌面池', 'Pool', ({ pool }) => pool),
  column('region', '区域', 'Region', ({ region }) => region),
  column('summary', '摘要', 'Summary', ({ summary }) => summary),
  column('count', '上报次数', 'Reports', ({ count }) => count),
  column('episode', '次数', 'Episode', ({ episode }) => episode),
  column('raisedAt', '发生时间 (UTC)', 'Raised (UTC)', ({ raisedAt }) => moment(raisedAt)),
  column('lastSeenAt', '最近上报 (UTC)', 'Last report (UTC)', ({ lastSeenAt }) => moment(lastSeenAt)),
  column('clearedAt', '恢复时间 (UTC)', 'Cleared (UTC)', ({ clearedAt }) => moment(clearedAt)),
  column('acknowledgedAt', '确认时间 (UTC)', 'Acknowledged (UTC)', ({ acknowledgedAt }) => moment(acknowledgedAt)),
  column('acknowledgedBy', '确认人', 'Acknowledged by', ({ acknowledgedBy }) => acknowledgedBy),
  column('owner', '认领人', 'Owner', ({ owner }) => owner),
  column('shelvedUntil', '搁置至 (UTC)', 'Shelved until (UTC)', ({ shelvedUntil }) => moment(shelvedUntil)),
  column('suppressedBy', '抑制原因', 'Suppressed by', ({ suppressedBy }) => suppressedBy),
  column('serviceReason', '停用原因', 'Out of service', ({ serviceReason }) => serviceReason),
  column('marks', '标记', 'Marks', ({ marks }) => marks.join(' ')),
  column('notes', '备注数', 'Notes', ({ notes }) => notes),
  column('links', '关联', 'Links', ({ links }) => links.map(({ kind, id }) => `${kind}:${id}`).join(' ')),
  column('cause', '关闭原因', 'Cause', ({ cause }) => cause),
  column('source', '来源', 'Source', ({ source }) => source),
]

export const alarmExport = exportRoute<Row, Query>({
  path: '/alarms/export',
  summary: 'What the filter matches as CSV or XLSX; finished episodes with history=1',
  permission: 'alarms:read',
  noun: 'alarms',
  query: ExportQuery,
  row: AlarmRow,
  formats: ['csv', 'xlsx'],
  columns,
  rows: (ctx, { format: _, history, sort, ...filter }) =>
    history === '1' ? finished(ctx, filter) : live(ctx, filter, sort),
})

async function* live(ctx: Ctx, filter: AlarmFilter, sort: string): AsyncGenerator<Row> {
  const rows: Row[] = []
  for (const row of rowsOf(ctx.core, AlarmView, ctx.tenant, seesMasked(ctx.role)))
    if (alarmMatches(row, filter)) rows.push(row)
  yield* rows.sort(Alarms.orders[sort])
}

async function* finished(ctx: Ctx, filter: AlarmFilter): AsyncGenerator<Row> {
  const masked = seesMasked(ctx.role)
  let cursor: string | null = null
  do {
    const page = await readHistory(ctx.core.db, { ...historyAsk(ctx, filter), cursor, limit: 500 })
    for (const doc of page.items) yield presentAlarm(doc, masked)
    cursor = page.next
  } while (cursor !== null)
}
