/** The whole trail as a file: NDJSON for machines, CSV for spreadsheets. */
import { exportRoute, type Column } from '../../core/export.ts'
import { AuditExportQuery, AuditRow, type AuditRow as Row } from './contract.ts'
import { everything } from './read.ts'

const json = (value: unknown) => (value === null ? '' : JSON.stringify(value))

const columns: Column<Row>[] = [
  { key: 'n', value: ({ n }) => n },
  { key: 'at', value: ({ at }) => new Date(at) },
  { key: 'actor', value: ({ actor }) => actor.name },
  { key: 'kind', value: ({ actor }) => actor.kind },
  { key: 'address', value: ({ address }) => address },
  { key: 'verb', value: ({ verb }) => verb },
  { key: 'noun', value: ({ noun }) => noun },
  { key: 'ids', value: ({ ids }) => ids.join(' ') },
  { key: 'result', value: ({ result }) => result },
  { key: 'code', value: ({ code }) => code },
  { key: 'before', value: ({ before }) => json(before) },
  { key: 'after', value: ({ after }) => json(after) },
  { key: 'hash', value: ({ hash }) => hash },
]

export const auditExport = exportRoute({
  path: '/audit-events/export',
  summary: 'The trail in order, as NDJSON or CSV',
  permission: 'audit:read',
  noun: 'audit-events',
  query: AuditExportQuery,
  row: AuditRow,
  formats: ['ndjson', 'csv'],
  columns,
  rows: ({ core, tenant }, { from, to }) => everything(core, tenant, from, to),
})
