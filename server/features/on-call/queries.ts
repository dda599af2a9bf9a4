/** Readings of who is on call, of the policies, and of what is being escalated. */
import { defineQuery } from '../../core/command.ts'
import type { Doc, LiveView } from '../../core/feature.ts'
import { listOf, listView } from '../../core/lists.ts'
import { EscalationRow, ListQuery, PolicyRow, ScheduleRow } from './contract.ts'
import { EscalationView, PolicyView, ScheduleView } from './present.ts'
import type * as z from 'zod/mini'

function list<D extends Doc, T extends { id: string }>(
  noun: string,
  summary: string,
  row: z.ZodMiniType<T>,
  view: LiveView<D, T, Record<string, never>>,
) {
  return defineQuery({
    route: `GET /${noun}`,
    summary,
    permission: 'on-call:read',
    input: ListQuery,
    output: listOf(row),
    run: (ctx, paging) => listView(ctx, view, {}, paging),
  })
}

export const queries = [
  list('on-call-schedules', 'Schedules with who is on call now and next', ScheduleRow, ScheduleView),
  list('escalation-policies', 'Policies of escalation', PolicyRow, PolicyView),
  list('escalations', 'Alarms that are being escalated', EscalationRow, EscalationView),
]
