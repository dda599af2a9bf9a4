/** Tenants, operators, sessions and tokens: who may come in. */
import type { Doc, Feature, LiveView } from '../../core/feature.ts'
import { DepartmentDocs, OperatorDocs, SessionDocs, TenantDocs, TokenDocs } from '../../core/tenants.ts'
import { commands } from './commands.ts'
import { Operators, Tokens } from './contract.ts'
import { presentOperator, presentToken } from './present.ts'
import { queries } from './queries.ts'
import { expiry, watchRights } from './rights.ts'
import { described, mountSessionRoutes } from './session-routes.ts'
import { noteUsage } from './usage.ts'

const live = <D extends Doc, T, F>(view: LiveView<D, T, F>) => view

export const tenants: Feature = {
  name: 'tenants',
  collections: [TenantDocs, DepartmentDocs, OperatorDocs, SessionDocs, TokenDocs],
  views: [
    live({ contract: Operators, collection: OperatorDocs, present: presentOperator }),
    live({ contract: Tokens, collection: TokenDocs, present: presentToken }),
  ],
  operations: [...commands, ...queries],
  described,
  assemble: watchRights,
  routes(core, api) {
    api.use(noteUsage(core))
    mountSessionRoutes(core, api)
  },
  schedules: [expiry],
}
