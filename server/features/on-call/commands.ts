/** Schedules and policies as administrators keep them; a shift may be taken over by whoever may triage. */
import { defineCommand } from '../../core/command.ts'
import type { Decision } from '../../core/core.ts'
import type { Collection, Ctx, Refusal } from '../../core/feature.ts'
import { changeOne } from '../../core/one.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { sha256 } from '../../core/passwords.ts'
import type { Level } from './contract.ts'
import {
  ById,
  EditPolicy,
  EditSchedule,
  GiveBack,
  NewPolicy,
  NewSchedule,
  Nothing,
  PolicyRow,
  ScheduleRow,
  TakeOver,
} from './contract.ts'
import { PolicyDocs, policyId, ScheduleDocs, scheduleId, type PolicyDoc, type ScheduleDoc } from './model.ts'
import { presentPolicy, presentSchedule } from './present.ts'
import { nameOf, planned } from './roster.ts'

const most = 50
const mostOverrides = 100
const longestMs = 90 * 24 * 3600_000
const invalid = (path: string, message: string) => refused('request.invalid', { errors: [{ path, message }] })
/** The same for the same command, so that a redo makes the same thing. */
const keyOf = (ctx: Ctx) => sha256(ctx.command).slice(0, 12)

const isFull = (ctx: Ctx, collection: Collection) => [...ctx.core.views.ofTenant(collection, ctx.tenant)].length >= most

/** Nobody is rostered who cannot be called. */
function unknownAmong(ctx: Ctx, operators: readonly string[], path: string): Refusal | null {
  const named = nameOf(ctx.core, ctx.tenant)
  const index = operators.findIndex((id) => named(id) === null)
  return index < 0 ? null : invalid(`${path}.${index}`, 'nobody here of that id')
}

function wrongLevels(ctx: Ctx, levels: readonly Level[]): Refusal | null {
  for (const [index, level] of levels.entries()) {
    const unknown = unknownAmong(ctx, level.operators, `levels.${index}.operators`)
    if (unknown) return unknown
    const missing = level.schedules.findIndex((id) => {
      const schedule = ctx.core.views.get(ScheduleDocs, id)
      return !schedule || schedule.gone || schedule.tenant !== ctx.tenant
    })
    if (missing >= 0) return invalid(`levels.${index}.schedules.${missing}`, 'no schedule of that id')
    if (level.operators.length + level.schedules.length === 0 && !level.channels.includes('webhook'))
      return invalid(`levels.${index}`, 'tells nobody')
  }
  return null
}

const schedules = [
  defineCommand({
    route: 'POST /on-call-schedules',
    summary: 'Creates a schedule with its rotation',
    permission: 'on-call:write',
    input: NewSchedule,
    output: ScheduleRow,
    creates: true,
    async run(ctx, { name, rotation }) {
      const unknown = unknownAmong(ctx, rotation.members, 'rotation.members')
      if (unknown) return unknown
      if (isFull(ctx, ScheduleDocs)) return invalid('name', `at most ${most} schedules`)
      const _id = scheduleId(ctx.tenant, keyOf(ctx))
      const empty = { _id, v: 0, tenant: ctx.tenant, name, rotation, overrides: [], shifts: [] }
      const created = await ctx.core.changes.create(ctx, ScheduleDocs, planned(ctx.core, empty, ctx.now))
      return created ? presentSchedule(created) : refused('request.not-found')
    },
  }),
  defineCommand({
    route: 'PATCH /on-call-schedules/:id',
    summary: 'Changes a schedule’s name or rotation',
    permission: 'on-call:write',
    input: EditSchedule,
    output: ScheduleRow,
    async run(ctx, { id, name, rotation }) {
      const unknown = rotation && unknownAmong(ctx, rotation.members, 'rotation.members')
      if (unknown) return unknown
      const changed = await changeOne(ctx, ScheduleDocs, id, (doc) => ({
        next: planned(ctx.core, { ...doc, name: name ?? doc.name, rotation: rotation ?? doc.rotation }, ctx.now),
      }))
      return isRefusal(changed) ? changed : presentSchedule(changed)
    },
  }),
  defineCommand({
    route: 'DELETE /on-call-schedules/:id',
    summary: 'Deletes a schedule that no policy calls',
    permission: 'on-call:write',
    input: ById,
    output: Nothing,
    async run(ctx, { id }) {
      const user = [...ctx.core.views.ofTenant(PolicyDocs, ctx.tenant)].find(({ levels }) =>
        levels.some(({ schedules }) => schedules.includes(id)),
      )
      if (user) return refused('state.conflict', { params: { state: user.name } })
      const changed = await changeOne(ctx, ScheduleDocs, id, (doc) => ({ next: { ...doc, gone: true } }))
      return isRefusal(changed) ? changed : {}
    },
  }),
  defineCommand({
    route: 'POST /on-call-schedules/:id/actions/take-over',
    summary: 'Takes a span of time over; for somebody else with the right to keep schedules',
    permission: 'alarms:triage',
    input: TakeOver,
    output: ScheduleRow,
    async run(ctx, { id, from, to, operator = ctx.actor.id }) {
      if (operator !== ctx.actor.id && !ctx.permissions.has('on-call:write'))
        return refused('auth.forbidden', { params: { permission: 'on-call:write' } })
      const name = nameOf(ctx.core, ctx.tenant)(operator)
      if (name === null) return invalid('operator', 'nobody here of that id')
      if (to <= ctx.now) return invalid('to', 'must be ahead')
      if (to - from > longestMs) return invalid('to', 'at most 90 days after from')
      const override = { id: keyOf(ctx), operator, name, from, to }
      const changed = await changeOne(ctx, ScheduleDocs, id, (doc) =>
        doc.overrides.length >= mostOverrides
          ? invalid('id', `at most ${mostOverrides} at a time`)
          : { next: planned(ctx.core, { ...doc, overrides: [...doc.overrides, override] }, ctx.now) },
      )
      return isRefusal(changed) ? changed : presentSchedule(changed)
    },
  }),
  defineCommand({
    route: 'POST /on-call-schedules/:id/actions/give-back',
    summary: 'Takes back that a span of time was taken over',
    permission: 'alarms:triage',
    input: GiveBack,
    output: ScheduleRow,
    async run(ctx, { id, override }) {
      const changed = await changeOne(ctx, ScheduleDocs, id, (doc): Decision<ScheduleDoc> => {
        const found = doc.overrides.find((one) => one.id === override)
        if (!found) return refused('request.not-found')
        if (found.operator !== ctx.actor.id && !ctx.permissions.has('on-call:write'))
          return refused('auth.forbidden', { params: { permission: 'on-call:write' } })
        const overrides = doc.overrides.filter((one) => one.id !== override)
        return { next: planned(ctx.core, { ...doc, overrides }, ctx.now) }
      })
      return isRefusal(changed) ? changed : presentSchedule(changed)
    },
  }),
]

const policies = [
  defineCommand({
    route: 'POST /escalation-policies',
    summary: 'Creates a policy: who is told, through what, after how long without an acknowledgement',
    permission: 'on-call:write',
    input: NewPolicy,
    output: PolicyRow,
    creates: true,
    async run(ctx, order) {
      const wrong = wrongLevels(ctx, order.levels)
      if (wrong) return wrong
      if (isFull(ctx, PolicyDocs)) return invalid('name', `at most ${most} policies`)
      const doc = { _id: policyId(ctx.tenant, keyOf(ctx)), tenant: ctx.tenant, ...order, enabled: true }
      const created = await ctx.core.changes.create(ctx, PolicyDocs, doc)
      return created ? presentPolicy(created) : refused('request.not-found')
    },
  }),
  defineCommand({
    route: 'PATCH /escalation-policies/:id',
    summary: 'Changes a policy; alarms that wait are judged by it at once',
    permission: 'on-call:write',
    input: EditPolicy,
    output: PolicyRow,
    async run(ctx, { id, ...edit }) {
      const wrong = edit.levels && wrongLevels(ctx, edit.levels)
      if (wrong) return wrong
      const changed = await changeOne(ctx, PolicyDocs, id, (doc): { next: PolicyDoc } => ({
        next: {
          ...doc,
          name: edit.name ?? doc.name,
          severities: edit.severities ?? doc.severities,
          levels: edit.levels ?? doc.levels,
          repeat: edit.repeat === undefined ? doc.repeat : edit.repeat,
          enabled: edit.enabled ?? doc.enabled,
        },
      }))
      return isRefusal(changed) ? changed : presentPolicy(changed)
    },
  }),
  defineCommand({
    route: 'DELETE /escalation-policies/:id',
    summary: 'Deletes a policy: nobody is called by it any more',
    permission: 'on-call:write',
    input: ById,
    output: Nothing,
    async run(ctx, { id }) {
      const changed = await changeOne(ctx, PolicyDocs, id, (doc) => ({ next: { ...doc, gone: true } }))
      return isRefusal(changed) ? changed : {}
    },
  }),
]

export const commands = [...schedules, ...policies]
