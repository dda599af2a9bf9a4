/** Alarms: reports as they come in, the live episode they fold into, and what a console sees of it. */
import * as z from 'zod/mini'
import { commaList, defineView, Paging, QueryTime } from '#wire'

export const severities = ['critical', 'high', 'medium', 'low'] as const
export const Severity = z.enum(severities)
export type Severity = z.infer<typeof Severity>
export const severityRank: Record<Severity, number> = { critical: 3, high: 2, medium: 1, low: 0 }

/** ISA-18.2 states. */
export const alarmStates = [
  'unacknowledged',
  'acknowledged',
  'rtn-unacknowledged',
  'normal',
  'shelved',
  'suppressed',
  'out-of-service',
] as const
export const AlarmState = z.enum(alarmStates)
export type AlarmState = z.infer<typeof AlarmState>

/** What is wrong with the alarm itself (ISA-18.2): it comes and goes, is over at once, or stands for a day. */
export const marks = ['chattering', 'fleeting', 'stale'] as const
export const Mark = z.enum(marks)
export type Mark = z.infer<typeof Mark>

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const text = (most: number) => z.string().check(z.maxLength(most), noNul)
const name = (most: number) => z.string().check(z.minLength(1), z.maxLength(most), noNul)

const earliest = Date.UTC(2000, 0, 1)
const dayMs = 24 * 3600_000
/** A clock may be an hour wrong, and an end may be planned; another century is a mistake of the sender. */
const isWithin = (value: string, daysAhead: number) => {
  const at = Date.parse(value)
  return at >= earliest && at <= Date.now() + daysAhead * dayMs
}
export const isPlausibleStart = (value: string) => isWithin(value, 1)
export const isPlausibleEnd = (value: string) => isWithin(value, 30)
export const startRule = 'must not be before 2000 or more than a day ahead'
export const endRule = 'must not be before 2000 or more than 30 days ahead'
const instant = z.iso.datetime({ offset: true })
const start = instant.check(z.refine(isPlausibleStart, startRule))
const end = instant.check(z.refine(isPlausibleEnd, endRule))

/** Names become keys of documents: no dots, dollars, control characters or prototype keys. */
export const LabelName = z
  .string()
  .check(z.minLength(1), z.maxLength(100), z.regex(/^(?!__proto__$|constructor$|prototype$)[^$.\p{Cc}]+$/u))
export const Labels = z
  .record(LabelName, text(500))
  .check(z.refine((labels) => Object.keys(labels).length <= 50, 'at most 50 labels'))
export type Labels = z.infer<typeof Labels>

/** Readings at the moment of the report, e.g. { fps: 9, rtt: 412 }; units: fps, ms, %, see docs. */
export const Readings = z
  .record(z.string().check(z.regex(/^[a-z][a-zA-Z0-9]{0,30}$/)), z.number())
  .check(z.refine((readings) => Object.keys(readings).length <= 20, 'at most 20 readings'))

/** One report, as the API and agents send it. Of desktop and host at least one. */
export const ReportInput = z
  .strictObject({
    /** The sender's own id: the same id again is the same report. */
    id: z.optional(name(100)),
    type: name(100),
    severity: Severity,
    status: z._default(z.enum(['firing', 'cleared']), 'firing'),
    desktop: z.optional(name(100)),
    host: z.optional(name(100)),
    user: z.optional(name(100)),
    business: z.optional(name(100)),
    pool: z.optional(name(100)),
    summary: z.optional(text(500)),
    readings: z.optional(Readings),
    labels: z.optional(Labels),
    startsAt: z.optional(start),
    endsAt: z.optional(end),
    runbook: z.optional(z.url({ protocol: /^https?$/ }).check(z.maxLength(500))),
  })
  .check(
    z.refine((report) => report.desktop !== undefined || report.host !== undefined, {
      message: 'desktop or host is needed',
      path: ['desktop'],
    }),
  )
export type ReportInput = z.infer<typeof ReportInput>

/** `POST /api/v1/alarms`: one report or up to 1,000. */
export const mostReportsPerPost = 1000

export const sources = ['api', 'prometheus', 'alertmanager', 'agent', 'system'] as const
export const Source = z.enum(sources)
export type Source = z.infer<typeof Source>

/** A work order or a signal that deals with the alarm. */
export const Link = z.strictObject({ kind: z.enum(['work-order', 'signal']), id: name(200), label: text(200) })
export type Link = z.infer<typeof Link>

/** The live episode as a console sees it. Times are ms since the epoch (server clock unless said). */
export const AlarmRow = z.object({
  id: z.string(),
  severity: Severity,
  state: AlarmState,
  type: z.string(),
  desktop: z.nullable(z.string()),
  host: z.nullable(z.string()),
  /** null where the viewer's role may not see people. */
  user: z.nullable(z.string()),
  business: z.nullable(z.string()),
  pool: z.nullable(z.string()),
  region: z.nullable(z.string()),
  summary: z.string(),
  readings: z.record(z.string(), z.number()),
  source: Source,
  count: z.number(),
  episode: z.number(),
  raisedAt: z.number(),
  lastSeenAt: z.number(),
  clearedAt: z.nullable(z.number()),
  acknowledgedAt: z.nullable(z.number()),
  acknowledgedBy: z.nullable(z.string()),
  /** Sender's clock differed from ours by more than 5 minutes: ordered by time of receipt. */
  skewed: z.boolean(),
  runbook: z.nullable(z.string()),
  /** Who has claimed it. */
  owner: z.nullable(z.string()),
  ownerId: z.nullable(z.string()),
  claimedAt: z.nullable(z.number()),
  shelvedUntil: z.nullable(z.number()),
  shelvedBy: z.nullable(z.string()),
  shelfReason: z.nullable(z.string()),
  /** Why: a rule (`host:gz1-h-017`, `window:patch night`) or what an operator said. */
  suppressedBy: z.nullable(z.string()),
  serviceReason: z.nullable(z.string()),
  serviceUntil: z.nullable(z.number()),
  notes: z.number(),
  links: z.array(Link),
  cause: z.nullable(z.string()),
  marks: z.array(Mark),
})
export type AlarmRow = z.infer<typeof AlarmRow>

/** Filter of the alarm list; the same object is the URL's query, the HTTP query and the window's filter. */
export const AlarmFilter = z.object({
  user: z.optional(text(100)),
  business: z.optional(text(100)),
  desktop: z.optional(text(100)),
  host: z.optional(text(100)),
  pool: z.optional(text(100)),
  type: z.optional(text(100)),
  text: z.optional(text(200)),
  severity: z.optional(z.array(Severity)),
  state: z.optional(z.array(AlarmState)),
  owner: z.optional(text(100)),
  ownerId: z.optional(text(200)),
  mark: z.optional(Mark),
  /** Report time range, ms: an alarm matches when its time from first to last report touches the range. */
  from: z.optional(z.number()),
  to: z.optional(z.number()),
})
export type AlarmFilter = z.infer<typeof AlarmFilter>

const holds = (value: string | null, part: string | undefined) =>
  !part || (value !== null && value.toLowerCase().includes(part.toLowerCase()))
const among = <T>(value: T, chosen: readonly T[] | undefined) => !chosen?.length || chosen.includes(value)

export function alarmMatches(row: AlarmRow, filter: AlarmFilter): boolean {
  return (
    among(row.severity, filter.severity) &&
    among(row.state, filter.state) &&
    holds(row.user, filter.user) &&
    holds(row.business, filter.business) &&
    holds(row.desktop, filter.desktop) &&
    holds(row.host, filter.host) &&
    holds(row.pool, filter.pool) &&
    holds(row.type, filter.type) &&
    holds(row.owner, filter.owner) &&
    (!filter.ownerId || row.ownerId === filter.ownerId) &&
    (!filter.mark || row.marks.includes(filter.mark)) &&
    (filter.from === undefined || row.lastSeenAt >= filter.from) &&
    (filter.to === undefined || row.raisedAt <= filter.to) &&
    (!filter.text ||
      [row.summary, row.desktop, row.host, row.user, row.business, row.type, row.owner].some((value) =>
        holds(value, filter.text),
      ))
  )
}

const wanting: Record<AlarmState, number> = {
  unacknowledged: 3,
  'rtn-unacknowledged': 2,
  acknowledged: 1,
  shelved: 0,
  suppressed: 0,
  'out-of-service': 0,
  normal: 0,
}
/** Still wants somebody's acknowledgement. */
export const isUnacknowledged = (state: AlarmState) => wanting[state] >= 2

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byId = (a: AlarmRow, b: AlarmRow) => byText(a.id, b.id)

export const Alarms = defineView<AlarmRow, AlarmFilter>({
  name: 'alarms',
  permission: 'alarms:read',
  filter: AlarmFilter,
  matches: alarmMatches,
  orders: {
    severity: (a, b) => severityRank[b.severity] - severityRank[a.severity] || a.raisedAt - b.raisedAt || byId(a, b),
    newest: (a, b) => b.raisedAt - a.raisedAt || byId(a, b),
    oldest: (a, b) => a.raisedAt - b.raisedAt || byId(a, b),
    lastSeen: (a, b) => b.lastSeenAt - a.lastSeenAt || byId(a, b),
    count: (a, b) => b.count - a.count || byId(a, b),
    // By code point: server and browser must rank alike, whatever their locales.
    desktop: (a, b) => byText(a.desktop ?? a.host ?? '', b.desktop ?? b.host ?? '') || byId(a, b),
    // Unclaimed ones last.
    owner: (a, b) => byText(a.owner ?? '\uffff', b.owner ?? '\uffff') || a.raisedAt - b.raisedAt || byId(a, b),
  },
  defaultOrder: 'severity',
  counters(rows) {
    const all: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0 }
    const open: Record<Severity, number> = { ...all }
    const overlaid = { shelved: 0, suppressed: 0, 'out-of-service': 0 }
    // Over every row, each second: no key is put together here.
    for (const row of rows) {
      all[row.severity]++
      if (row.state === 'shelved' || row.state === 'suppressed' || row.state === 'out-of-service') overlaid[row.state]++
      else if (isUnacknowledged(row.state)) open[row.severity]++
    }
    const counts: Record<string, number> = { total: 0, unacknowledged: 0, ...overlaid }
    const add = (key: string, n: number) => (counts[key] = (counts[key] ?? 0) + n)
    for (const severity of severities) {
      add('total', all[severity])
      add('unacknowledged', open[severity])
      add(severity, all[severity])
      add(`${severity}Unacknowledged`, open[severity])
    }
    return counts
  },
})

/** Body of the bulk act; ids at most 500 a call. */
export const AlarmIds = z.strictObject({ ids: z.array(name(200)).check(z.minLength(1), z.maxLength(500)) })

/** Query string of `GET /alarms` and `GET /alarms/history`: lists are comma separated, times ISO or ms. */
export const AlarmQuery = z.extend(Paging, {
  user: AlarmFilter.shape.user,
  business: AlarmFilter.shape.business,
  desktop: AlarmFilter.shape.desktop,
  host: AlarmFilter.shape.host,
  pool: AlarmFilter.shape.pool,
  type: AlarmFilter.shape.type,
  text: AlarmFilter.shape.text,
  owner: AlarmFilter.shape.owner,
  ownerId: AlarmFilter.shape.ownerId,
  mark: AlarmFilter.shape.mark,
  severity: z.optional(commaList(Severity)),
  state: z.optional(commaList(AlarmState)),
  from: z.optional(QueryTime),
  to: z.optional(QueryTime),
})
export type AlarmQuery = z.infer<typeof AlarmQuery>

/** An agent's stutter report (`report` event of /agent); the desktop is the agent's own. */
export const AgentReport = z.strictObject({
  id: name(100),
  type: z._default(name(100), 'stutter'),
  severity: Severity,
  status: z._default(z.enum(['firing', 'cleared']), 'firing'),
  summary: z.optional(text(500)),
  readings: z.optional(Readings),
  startsAt: z.optional(start),
})
export type AgentReport = z.infer<typeof AgentReport>
