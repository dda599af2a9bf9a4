/** The live views of the room. `tenants` is not one: a view's room belongs to one tenant. */
import type { Doc, LiveView } from '../../core/feature.ts'
import { DepartmentDocs, OperatorDocs, TokenDocs } from '../../core/tenants.ts'
import { Departments, Operators, Tokens } from './contract.ts'
import { presentDepartment, presentOperator, presentToken } from './present.ts'

const live = <D extends Doc, T, F>(view: LiveView<D, T, F>) => view

export const liveOperators = live({ contract: Operators, collection: OperatorDocs, present: presentOperator })
export const liveTokens = live({ contract: Tokens, collection: TokenDocs, present: presentToken })
export const liveDepartments = live({ contract: Departments, collection: DepartmentDocs, present: presentDepartment })
