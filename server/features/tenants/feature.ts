/** Tenants, operators, sessions and tokens: who may come in. */
import type { Feature } from '../../core/feature.ts'
import { DepartmentDocs, OperatorDocs, SessionDocs, TenantDocs, TokenDocs } from '../../core/tenants.ts'
import { commands } from './commands.ts'
import { queries } from './queries.ts'
import { expiry, watchRights } from './rights.ts'
import { described, mountSessionRoutes } from './session-routes.ts'
import { noteUsage } from './usage.ts'
import { liveDepartments, liveOperators, liveTokens } from './views.ts'

export const tenants: Feature = {
  name: 'tenants',
  collections: [TenantDocs, DepartmentDocs, OperatorDocs, SessionDocs, TokenDocs],
  views: [liveOperators, liveTokens, liveDepartments],
  operations: [...commands, ...queries],
  described,
  assemble: watchRights,
  routes(core, api) {
    api.use(noteUsage(core))
    mountSessionRoutes(core, api)
  },
  schedules: [expiry],
}
