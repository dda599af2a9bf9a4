/** The audit trail: its writer, its reader, its export. */
import { AuditChain } from '../../core/audit-chain.ts'
import { auditCollections } from '../../core/audit.ts'
import { defineQuery } from '../../core/command.ts'
import type { Core } from '../../core/core.ts'
import type { Feature } from '../../core/feature.ts'
import { AuditList, AuditQuery } from './contract.ts'
import { auditExport } from './export.ts'
import { newestFirst } from './read.ts'

const listEvents = defineQuery({
  route: 'GET /audit-events',
  summary: 'Who did what, newest first; may answer fewer than asked with a cursor to go on',
  input: AuditQuery,
  output: AuditList,
  permission: 'audit:read',
  run: (ctx, query) => newestFirst(ctx.core, ctx.tenant, query),
})

export function auditFeature(): Feature {
  let chain: AuditChain | undefined
  return {
    name: 'audit',
    collections: auditCollections,
    views: [],
    operations: [listEvents],
    described: [auditExport.described],
    routes: auditExport.mount,
    schedules: [{ name: 'audit-chain', everyMs: 250, tick: async () => chain?.tick() }],
    async start(core: Core) {
      chain = new AuditChain(core)
    },
  }
}
