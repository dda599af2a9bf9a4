/** On call: who answers now and next, and who is told when an alarm stays unacknowledged. */
import * as z from 'zod/mini'
import { defineView, Paging } from '#wire'
import { severities, Severity } from '../alarms/contract.ts'
import { Channel, channels, ClockTime } from '../notifications/contract.ts'
import { Zone } from '../tenants/contract.ts'

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const title = z.string().check(z.trim(), z.minLength(1), z.maxLength(80), noNul)
const id = z.string().check(z.minLength(1), z.maxLength(200))
const instant = z.number().check(z.int(), z.minimum(0), z.maximum(8.64e15))

// --- schedules -------------------------------------------------------------------------------------------------------

/** 0 is Sunday; only weekly rotations look at it. */
const Weekday = z.number().check(z.int(), z.minimum(0), z.maximum(6))
/** Local date of the shift that the first member has. */
const Day = z.string().check(
  z.regex(/^\d{4}-\d{2}-\d{2}$/),
  z.refine((day) => !Number.isNaN(Date.parse(day)), 'must be a date'),
)

export const Rotation = z.strictObject({
  every: z.enum(['day', 'week']),
  weekday: Weekday,
  time: ClockTime,
  zone: Zone,
  anchor: Day,
  /** In their order; each has one shift, then the next. */
  members: z.array(id).check(z.minLength(1), z.maxLength(50)),
})
export type Rotation = z.infer<typeof Rotation>

export const Shift = z.object({
  operator: z.string(),
  name: z.string(),
  from: z.number(),
  to: z.number(),
  /** Taken over: not by the rotation. */
  taken: z.boolean(),
})
export type Shift = z.infer<typeof Shift>

export const Override = z.object({
  id: z.string(),
  operator: z.string(),
  name: z.string(),
  from: z.number(),
  to: z.number(),
})
export type Override = z.infer<typeof Override>

export const ScheduleRow = z.object({
  id: z.string(),
  name: z.string(),
  rotation: Rotation,
  overrides: z.array(Override),
  /** The running one and those after it. */
  shifts: z.array(Shift),
})
export type ScheduleRow = z.infer<typeof ScheduleRow>

const byName = (a: { id: string; name: string }, b: { id: string; name: string }) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1
const total = (rows: Iterable<unknown>) => ({ total: [...rows].length })

export const Schedules = defineView<ScheduleRow, Record<string, never>>({
  name: 'on-call-schedules',
  permission: 'on-call:read',
  filter: z.object({}),
  matches: () => true,
  orders: { name: byName },
  defaultOrder: 'name',
  counters: total,
})

export const NewSchedule = z.strictObject({ name: title, rotation: Rotation })
export const EditSchedule = z.strictObject({ id, name: z.optional(title), rotation: z.optional(Rotation) })
const span = z.refine<{ from: number; to: number }>(({ from, to }) => from < to, {
  message: 'must be after from',
  path: ['to'],
})
/** `operator` absent: the caller takes it over himself. */
export const TakeOver = z.strictObject({ id, from: instant, to: instant, operator: z.optional(id) }).check(span)
export const GiveBack = z.strictObject({ id, override: id })

// --- escalation ------------------------------------------------------------------------------------------------------

export const Level = z.strictObject({
  /** Seconds after the alarm became unacknowledged (first level), or after the level before. */
  wait: z.number().check(z.int(), z.minimum(1), z.maximum(7 * 86_400)),
  /** Whoever is on call in these schedules, and these operators. */
  schedules: z.array(id).check(z.maxLength(10)),
  operators: z.array(id).check(z.maxLength(20)),
  channels: z.array(Channel).check(z.minLength(1), z.maxLength(channels.length)),
})
export type Level = z.infer<typeof Level>

const PolicyFields = {
  name: title,
  severities: z.array(Severity).check(z.minLength(1), z.maxLength(severities.length)),
  levels: z.array(Level).check(z.minLength(1), z.maxLength(10)),
  /** Seconds after which the last level is told again, until somebody acknowledges; null: it is told once. */
  repeat: z.nullable(z.number().check(z.int(), z.minimum(30), z.maximum(86_400))),
}
export const NewPolicy = z.strictObject(PolicyFields)
export const EditPolicy = z.strictObject({
  id,
  name: z.optional(PolicyFields.name),
  severities: z.optional(PolicyFields.severities),
  levels: z.optional(PolicyFields.levels),
  repeat: z.optional(PolicyFields.repeat),
  enabled: z.optional(z.boolean()),
})
export const PolicyRow = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  severities: z.array(Severity),
  levels: z.array(Level),
  repeat: z.nullable(z.number()),
})
export type PolicyRow = z.infer<typeof PolicyRow>
export const Policies = defineView<PolicyRow, Record<string, never>>({
  name: 'escalation-policies',
  permission: 'on-call:read',
  filter: z.object({}),
  matches: () => true,
  orders: { name: byName },
  defaultOrder: 'name',
  counters: total,
})

/** An alarm that is being escalated. */
export const EscalationRow = z.object({
  id: z.string(),
  alarm: z.string(),
  place: z.string(),
  severity: Severity,
  policy: z.string(),
  /** Told so far, counting from 1. */
  level: z.number(),
  since: z.number(),
  toldAt: z.number(),
  told: z.array(z.string()),
  nextAt: z.nullable(z.number()),
})
export type EscalationRow = z.infer<typeof EscalationRow>
export const Escalations = defineView<EscalationRow, Record<string, never>>({
  name: 'escalations',
  permission: 'on-call:read',
  filter: z.object({}),
  matches: () => true,
  orders: { newest: (a, b) => b.toldAt - a.toldAt || (a.id < b.id ? -1 : 1) },
  defaultOrder: 'newest',
  counters: total,
})

export const ListQuery = Paging
export const ById = z.strictObject({ id })
export const Nothing = z.strictObject({})
