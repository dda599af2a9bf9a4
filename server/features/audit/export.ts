/** The whole trail as a file: NDJSON for machines, CSV for spreadsheets. */
import { once } from 'node:events'
import type { Router } from 'express'
import { authorize } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { contextOf } from '../../core/operations.ts'
import type { Described } from '../../core/openapi.ts'
import { Failure } from '../../core/problems.ts'
import { guard, newLimits, read } from '../../core/person-route.ts'
import { AuditExportQuery, AuditRow, type AuditRow as Row } from './contract.ts'
import { everything } from './read.ts'

const columns = [
  'n',
  'at',
  'actor',
  'kind',
  'address',
  'verb',
  'noun',
  'ids',
  'result',
  'code',
  'before',
  'after',
  'hash',
] as const

export const exportDescribed: Described = {
  kind: 'query',
  method: 'get',
  path: '/audit-events/export',
  summary: 'The trail in order, as NDJSON or CSV',
  input: AuditExportQuery,
  output: AuditRow,
  permission: 'audit:read',
  produces: ['application/x-ndjson', 'text/csv'],
}

export function mountExport(core: Core, api: Router): void {
  const limits = newLimits(core)
  api.get('/audit-events/export', async (request, response) => {
    const principal = await guard(core, limits, request)
    const refusal = authorize(principal, 'audit:read')
    if (refusal || !principal) throw new Failure(refusal ?? { refused: 'auth.required' })
    const { format, from, to } = read(AuditExportQuery, request.query)
    const ctx = contextOf(principal, request, core)
    await core.audit.record(ctx, { verb: 'export', noun: 'audit-events', after: { format, from, to }, result: 'ok' })
    const csv = format === 'csv'
    response.type(csv ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
    response.setHeader('Content-Disposition', `attachment; filename="audit-${principal.tenant}.${format}"`)
    response.setHeader('Cache-Control', 'no-store')
    // Spreadsheets take UTF-8 only with a byte order mark.
    if (csv) response.write(`\uFEFF${columns.join(',')}\r\n`)
    for await (const row of everything(core, principal.tenant, from, to)) {
      if (response.destroyed) return
      if (!response.write(csv ? csvLine(row) : `${JSON.stringify(row)}\n`))
        await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
    response.end()
  })
}

export function csvLine(row: Row): string {
  const values: Record<(typeof columns)[number], string | number | null> = {
    n: row.n,
    at: new Date(row.at).toISOString(),
    actor: row.actor.name,
    kind: row.actor.kind,
    address: row.address,
    verb: row.verb,
    noun: row.noun,
    ids: row.ids.join(' '),
    result: row.result,
    code: row.code,
    before: row.before === null ? '' : JSON.stringify(row.before),
    after: row.after === null ? '' : JSON.stringify(row.after),
    hash: row.hash,
  }
  return `${columns.map((column) => cell(values[column])).join(',')}\r\n`
}

/** A leading = + - @ would be run as a formula by a spreadsheet. */
function cell(value: string | number | null): string {
  const text = String(value ?? '')
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
