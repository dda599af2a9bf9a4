/**
 * The HTTP doors of reports: parse item by item, make reports of them, accept them durably, then 2xx. A bad item never
 * costs the good ones: what is stored and what is not, and why, stands in the answer.
 */
import { randomUUID } from 'node:crypto'
import type { Express, Request, RequestHandler, Response, Router } from 'express'
import type * as z from 'zod/mini'
import { authenticate, authorize, type Principal } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { hostileFields, type Finding } from '../../core/hostile.ts'
import { mostIntakeBody, parseJson, sendRefusal } from '../../core/http.ts'
import { crossSiteRefusal } from '../../core/origin.ts'
import { fieldErrors, refused } from '../../core/problems.ts'
import { placeOfName } from '../inventory/service.ts'
import { Alert, isResolved, mostAlertsPerPost, timeOf } from './alerts.ts'
import { mostReportsPerPost, ReportInput, type Source } from './contract.ts'
import { ownId, resendId, type Report } from './model.ts'
import type { AlarmService } from './service.ts'
import { isWatchdog, mapLabels, mappingOf } from './sources.ts'
import type { Watchdogs } from './watchdogs.ts'

export interface IngestParts {
  core: Core
  service: AlarmService
  watchdogs: Watchdogs
}

interface Refused {
  index: number
  errors: Finding[]
}

export function mountIngest(api: Router, app: Express, parts: IngestParts): void {
  api.post('/alarms', ...door(parts, reportsFromApi))
  app.post('/api/v2/alerts', ...door(parts, alertsFromPrometheus))
  api.post('/integrations/alertmanager', ...door(parts, alertsFromWebhook))
}

interface Items {
  reports: Report[]
  refused: Refused[]
  accepted: number
  /** Where the items stand in the body, for the paths of what is wrong with them. */
  pathOf: (index: number) => string
}
type Reading = Items | { errors: Finding[] }

/** Token first, so that nobody unknown makes us parse; then the items, then the journal, then the answer. */
function door(parts: IngestParts, read: (body: unknown, from: Sender, request: Request) => Reading): RequestHandler[] {
  const { core, service } = parts
  const enter: RequestHandler = (request, response, next) => {
    const principal = authenticate(core, request.headers)
    const crossSite = crossSiteRefusal(request.method, request.headers, core.config.PUBLIC_ORIGIN)
    const refusal = crossSite ?? authorize(principal, 'alarms:write')
    if (refusal) return sendRefusal(request, response, refusal)
    next()
  }
  const take: RequestHandler = async (request, response) => {
    const principal = authenticate(core, request.headers)
    const refusal = authorize(principal, 'alarms:write')
    if (refusal || !principal) return sendRefusal(request, response, refusal ?? refused('auth.required'))
    const sender = { parts, principal, now: core.clock.now() }
    const reading = read(request.body, sender, request)
    if ('errors' in reading)
      return sendRefusal(request, response, refused('request.invalid', { errors: reading.errors }))
    await service.accept(reading.reports)
    answer(request, response, reading)
  }
  return [enter, ...parseJson(mostIntakeBody), take]
}

interface Sender {
  parts: IngestParts
  principal: Principal
  now: number
}

/** All bad: 400. Some bad: 2xx with the bad ones named. Alertmanager's clients ignore the body and see 2xx. */
function answer(request: Request, response: Response, { accepted, refused: bad, reports, pathOf }: Items): void {
  if (accepted === 0 && bad.length > 0) {
    const errors = bad.flatMap(({ index, errors }) =>
      errors.map(({ path, message }) => ({ path: [pathOf(index), path].filter(Boolean).join('.'), message })),
    )
    return sendRefusal(request, response, refused('request.invalid', { errors: errors.slice(0, mostErrors) }))
  }
  response.status(bad.length ? 207 : 202).json({ accepted, ids: reports.map(({ id }) => id), refused: bad })
}

const mostErrors = 100

function readItems<T>(
  list: readonly unknown[],
  { schema, most, pathOf }: { schema: z.ZodMiniType<T>; most: number; pathOf: Items['pathOf'] },
  make: (item: T, index: number) => Report | null,
): Reading {
  if (list.length > most) return { errors: [{ path: pathOf(most), message: `at most ${most} items` }] }
  const items: Items = { reports: [], refused: [], accepted: 0, pathOf }
  list.forEach((item, index) => {
    const hostile = hostileFields(item)
    if (hostile.length > 0) return items.refused.push({ index, errors: hostile })
    const parsed = schema.safeParse(item)
    if (!parsed.success) return items.refused.push({ index, errors: fieldErrors(parsed.error.issues) })
    const report = make(parsed.data, index)
    if (report) items.reports.push(report)
    items.accepted += 1
  })
  return items
}

function reportsFromApi(body: unknown, from: Sender, request: Request): Reading {
  const list = Array.isArray(body) ? body : [body]
  if (list.length === 0) return { errors: [{ path: '', message: 'at least one report' }] }
  const key = request.get('idempotency-key')?.slice(0, 200) ?? randomUUID()
  const pathOf = (index: number) => (Array.isArray(body) ? String(index) : '')
  return readItems(list, { schema: ReportInput, most: mostReportsPerPost, pathOf }, (input, index) => {
    const { tenant, actor } = from.principal
    return placed(from, {
      id: ownId(tenant, actor.id, input.id === undefined ? `${key} ${index}` : `id ${input.id}`),
      tenant,
      sender: actor.id,
      source: 'api',
      type: input.type,
      severity: input.severity,
      status: input.status,
      desktop: input.desktop ?? null,
      host: input.host ?? null,
      user: input.user ?? null,
      business: input.business ?? null,
      pool: input.pool ?? null,
      region: null,
      summary: input.summary ?? '',
      readings: input.readings ?? {},
      labels: input.labels ?? {},
      runbook: input.runbook ?? null,
      startsAt: timeOf(input.startsAt),
      endsAt: timeOf(input.endsAt),
      receivedAt: from.now,
    })
  })
}

function alertsFromPrometheus(body: unknown, from: Sender): Reading {
  if (!Array.isArray(body)) return { errors: [{ path: '', message: 'an array of alerts' }] }
  return readItems(body, { schema: Alert, most: mostAlertsPerPost, pathOf: String }, (alert) =>
    reportOf(alert, from, 'prometheus'),
  )
}

function alertsFromWebhook(body: unknown, from: Sender): Reading {
  const alerts = typeof body === 'object' && body !== null && 'alerts' in body ? body.alerts : undefined
  if (!Array.isArray(alerts)) return { errors: [{ path: 'alerts', message: 'an array of alerts' }] }
  const pathOf = (index: number) => `alerts.${index}`
  return readItems(alerts, { schema: Alert, most: mostAlertsPerPost, pathOf }, (alert) =>
    reportOf(alert, from, 'alertmanager'),
  )
}

/** null: a sign of life, noted but not a report. */
function reportOf(alert: Alert, from: Sender, source: Source): Report | null {
  const { tenant, actor } = from.principal
  if (isWatchdog(alert.labels)) {
    // Its end is no sign of life: Alertmanager tells it when Prometheus has gone.
    if (!isResolved(alert, from.now)) from.parts.watchdogs.heard(tenant, actor, from.now)
    return null
  }
  const mapped = mapLabels(mappingOf(from.parts.core, tenant, actor.id), alert.labels, alert.annotations)
  const status = isResolved(alert, from.now) ? 'cleared' : 'firing'
  const known = { ...mapped, tenant, sender: actor.id, source, status } as const
  const identity = JSON.stringify([Object.entries(alert.labels).sort(), alert.startsAt ?? ''])
  return placed(from, {
    ...known,
    id: resendId(known, identity),
    region: null,
    readings: {},
    labels: alert.labels,
    startsAt: timeOf(alert.startsAt),
    endsAt: status === 'cleared' ? null : timeOf(alert.endsAt),
    receivedAt: from.now,
  })
}

/** What the sender left out, the inventory may know. */
export function placed(from: { parts: { core: Core } }, report: Report): Report {
  const place = report.desktop ? placeOfName(from.parts.core, report.tenant, report.desktop) : null
  if (!place) return report
  return {
    ...report,
    host: report.host ?? place.host,
    pool: report.pool ?? place.pool,
    user: report.user ?? place.user,
    business: report.business ?? place.business,
    region: report.region ?? place.region,
  }
}
