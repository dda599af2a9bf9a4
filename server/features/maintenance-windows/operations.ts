/** Reading, previewing, making, editing and deleting windows. */
import * as z from 'zod/mini'
import { ActResult } from '#wire'
import { defineCommand, defineQuery } from '../../core/command.ts'
import type { Ctx, Operation, Refusal } from '../../core/feature.ts'
import { listOf, listView, seesMasked } from '../../core/lists.ts'
import { must } from '../../core/must.ts'
import { refusalOf, refused } from '../../core/problems.ts'
import { Preview, Schedule, Scope, WindowInput, WindowQuery, WindowRow } from './contract.ts'
import { liveWindows, WindowDocs, type WindowDoc } from './model.ts'
import { faultOf } from './occurrences.ts'
import type { WindowService } from './service.ts'

const id = z.string().check(z.minLength(1), z.maxLength(200))
const ById = z.strictObject({ id })
const permission = 'maintenance-windows:write'
/** Every alarm that begins is held against all of them. */
const mostWindows = 200

const shown = (ctx: Ctx, doc: WindowDoc) =>
  must(liveWindows.present(doc, seesMasked(ctx.role)), 'every window is in its view')

function refusalOfSchedule(schedule: Schedule, now: number): Refusal | null {
  const fault = faultOf(schedule, now)
  return fault && refused('request.invalid', { errors: [fault] })
}

function isFull(ctx: Ctx): boolean {
  let count = 0
  for (const _ of ctx.core.views.ofTenant(WindowDocs, ctx.tenant)) count++
  return count >= mostWindows
}

export function windowOperations(service: () => WindowService): Operation[] {
  return [
    defineQuery({
      route: 'GET /maintenance-windows',
      summary: 'Maintenance windows, those that go on or come next first',
      permission: 'alarms:read',
      input: WindowQuery,
      output: listOf(WindowRow),
      run: (ctx, ask) => listView(ctx, liveWindows, ask, ask),
    }),
    defineQuery({
      route: 'GET /maintenance-windows/:id',
      summary: 'One window, with its version',
      permission: 'alarms:read',
      input: ById,
      output: z.extend(WindowRow, { v: z.number() }),
      run(ctx, { id }) {
        const doc = ctx.core.views.get(WindowDocs, id)
        if (!doc || doc.gone || doc.tenant !== ctx.tenant) return refused('request.not-found')
        return { ...shown(ctx, doc), v: doc.v }
      },
    }),
    defineQuery({
      route: 'POST /maintenance-windows/actions/preview',
      summary: 'What a window would do: its next occurrences, the live alarms that it covers',
      permission: 'alarms:read',
      input: z.strictObject({ scope: Scope, schedule: Schedule }),
      output: Preview,
      run: (ctx, ask) => refusalOfSchedule(ask.schedule, ctx.now) ?? service().preview(ctx.tenant, ask, ctx.now),
    }),
    defineCommand({
      route: 'POST /maintenance-windows',
      summary: 'Make a window; its name is unique in the tenant',
      permission,
      creates: true,
      input: WindowInput,
      output: WindowRow,
      async run(ctx, input) {
        const refusal = refusalOfSchedule(input.schedule, ctx.now)
        if (refusal) return refusal
        if (isFull(ctx)) return refused('limit.reached', { params: { most: mostWindows } })
        const created = await ctx.core.changes.create(ctx, WindowDocs, service().made(ctx, input))
        return created ? shown(ctx, created) : refused('name.taken', { params: { name: input.name } })
      },
    }),
    defineCommand({
      route: 'PUT /maintenance-windows/:id',
      summary: 'Replace everything but the name; alarms follow within a second or two',
      permission,
      input: z.extend(WindowInput, { id }),
      output: WindowRow,
      async run(ctx, { id, name, ...input }) {
        const refusal = refusalOfSchedule(input.schedule, ctx.now)
        if (refusal) return refusal
        const [result] = await ctx.core.changes.each(ctx, WindowDocs, [id], (doc) => {
          if (doc.name !== name)
            return refused('request.invalid', { errors: [{ path: 'name', message: 'names do not change' }] })
          return { next: { ...doc, ...service().said(ctx, input) } }
        })
        const failed = refusalOf(must(result, 'one id has one result'))
        if (failed) return failed
        return shown(ctx, must(ctx.core.views.get(WindowDocs, id), 'what was just written is hot'))
      },
    }),
    defineCommand({
      route: 'DELETE /maintenance-windows/:id',
      summary: 'Delete a window; what it laid on alarms is lifted',
      permission,
      input: ById,
      output: ActResult,
      async run(ctx, { id }) {
        const [result] = await ctx.core.changes.each(ctx, WindowDocs, [id], (doc) => ({ next: { ...doc, gone: true } }))
        const settled = must(result, 'one id has one result')
        return refusalOf(settled) ?? settled
      },
    }),
  ]
}
