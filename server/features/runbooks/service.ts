/** Where a tenant keeps what to do about a type of alarm. */
import type { Core } from '../../core/core.ts'
import { digest } from '../../core/digest.ts'
import type { Collection, Doc, LiveView } from '../../core/feature.ts'
import { Runbooks, type RunbookFilter, type RunbookRow } from './contract.ts'

export interface RunbookDoc extends Doc {
  type: string
  title: string
  url: string
  /** The address before this one: alarms that still carry it follow, also when the act is redone. */
  previous: string | null
  changedAt: number
}

export const RunbookDocs: Collection<RunbookDoc> = { noun: 'runbooks', hot: true }

export const runbookId = (tenant: string, type: string) => `${tenant}:runbook:${digest([type])}`

/** Its address; null where the tenant has none for that type. */
export function runbookOf({ views }: Pick<Core, 'views'>, tenant: string, type: string): string | null {
  const doc = views.get(RunbookDocs, runbookId(tenant, type))
  return doc && !doc.gone ? doc.url : null
}

export const liveRunbooks: LiveView<RunbookDoc, RunbookRow, RunbookFilter> = {
  contract: Runbooks,
  collection: RunbookDocs,
  present: ({ _id: id, type, title, url, changedAt }) => ({ id, type, title, url, changedAt }),
}
