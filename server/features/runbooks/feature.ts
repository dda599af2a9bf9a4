/** The room of runbooks: set by type, taken over by the alarms that stand. */
import * as z from 'zod/mini'
import { defineCommand, defineQuery } from '../../core/command.ts'
import type { Ctx, Feature, Refusal } from '../../core/feature.ts'
import { listOf, listView } from '../../core/lists.ts'
import { must } from '../../core/must.ts'
import { changeOne } from '../../core/one.ts'
import { isRefusal } from '../../core/problems.ts'
import type { AlarmService } from '../alarms/service.ts'
import { RunbookInput, RunbookQuery, RunbookRow } from './contract.ts'
import { liveRunbooks, RunbookDocs, runbookId, type RunbookDoc } from './service.ts'

const ById = z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(200)) })
const permission = 'runbooks:write'

export function runbooks(alarms: () => AlarmService): Feature {
  return {
    name: 'runbooks',
    collections: [RunbookDocs],
    views: [liveRunbooks],
    operations: [
      defineQuery({
        route: 'GET /runbooks',
        summary: 'Runbooks by type of alarm',
        permission: 'alarms:read',
        input: RunbookQuery,
        output: listOf(RunbookRow),
        run: (ctx, ask) => listView(ctx, liveRunbooks, ask, ask),
      }),
      defineCommand({
        route: 'PUT /runbooks',
        summary: 'Say what to do about a type of alarm; alarms whose sender named nothing take it over',
        permission,
        input: RunbookInput,
        output: RunbookRow,
        async run(ctx, input) {
          const doc = await put(ctx, input)
          if (isRefusal(doc)) return doc
          await alarms().pointTo(ctx, doc.type, { from: doc.previous, to: doc.url })
          return must(liveRunbooks.present(doc, false), 'every runbook is in its view')
        },
      }),
      defineCommand({
        route: 'DELETE /runbooks/:id',
        summary: 'Take a runbook away, also from the alarms that had it of here',
        permission,
        input: ById,
        output: z.undefined(),
        async run(ctx, { id }) {
          const gone = await changeOne(ctx, RunbookDocs, id, (doc) => ({ next: { ...doc, gone: true } }))
          if (isRefusal(gone)) return gone
          await alarms().pointTo(ctx, gone.type, { from: gone.url, to: null })
          return undefined
        },
      }),
    ],
  }
}

type Input = z.infer<typeof RunbookInput>

async function put(ctx: Ctx, input: Input): Promise<RunbookDoc | Refusal> {
  const id = runbookId(ctx.tenant, input.type)
  const fields = { ...input, changedAt: ctx.now }
  const first = { _id: id, tenant: ctx.tenant, ...fields, previous: null }
  return (
    (await ctx.core.changes.create(ctx, RunbookDocs, first)) ??
    changeOne(ctx, RunbookDocs, id, (doc) => ({ next: { ...doc, ...fields, previous: doc.url } }))
  )
}
