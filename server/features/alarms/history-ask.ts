/** What a filter asks of finished episodes, as the caller may see them. */
import type { Ctx } from '../../core/feature.ts'
import { seesMasked } from '../../core/lists.ts'
import { alarmMatches, type AlarmFilter } from './contract.ts'
import type { HistoryDoc } from './model.ts'
import { presentAlarm } from './row.ts'

const dayMs = 24 * 3600_000

export function historyAsk(ctx: Ctx, filter: AlarmFilter) {
  const masked = seesMasked(ctx.role)
  return {
    tenant: ctx.tenant,
    from: filter.from ?? 0,
    // An episode that was raised within the range may have ended long after it.
    to: filter.to === undefined ? ctx.now + dayMs : filter.to + 30 * dayMs,
    matches: (doc: HistoryDoc) => alarmMatches(presentAlarm(doc, masked), filter),
  }
}
