/** Maintenance windows: when, for what, and what happens to alarms meanwhile. Times are ms since the epoch. */
import * as z from 'zod/mini'
import { defineView, Paging } from '#wire'
import { LabelName } from '../alarms/contract.ts'

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const text = (most: number) => z.string().check(z.maxLength(most), noNul)
const title = z.string().check(z.trim(), z.minLength(1), z.maxLength(100), noNul)
const names = z._default(z.array(z.string().check(z.minLength(1), z.maxLength(100), noNul)).check(z.maxLength(200)), [])
const instant = z.number().check(z.int(), z.minimum(0), z.maximum(8.64e15))

/** Fields that are empty ask for nothing; those that are not must all hold. Nothing at all matches nothing. */
export const Scope = z
  .strictObject({
    hosts: names,
    pools: names,
    desktops: names,
    types: names,
    labels: z._default(
      z.record(LabelName, text(200)).check(z.refine((labels) => Object.keys(labels).length <= 20, 'at most 20 labels')),
      {},
    ),
  })
  .check(
    z.refine(
      ({ labels, ...lists }) => Object.keys(labels).length > 0 || Object.values(lists).some((list) => list.length > 0),
      'at least one host, pool, desktop, type or label is needed',
    ),
  )
export type Scope = z.infer<typeof Scope>

export const mostMinutes = 7 * 24 * 60
export const Schedule = z.union([
  z.strictObject({ kind: z.enum(['once']), from: instant, to: instant }),
  z.strictObject({
    kind: z.enum(['recurring']),
    /** Five fields: minute, hour, day, month, weekday. */
    cron: z.string().check(z.minLength(9), z.maxLength(100)),
    /** IANA, e.g. Asia/Shanghai. */
    timeZone: z.string().check(z.minLength(1), z.maxLength(60)),
    minutes: z.number().check(z.int(), z.minimum(1), z.maximum(mostMinutes)),
    /** No occurrence begins from then on. */
    until: z._default(z.nullable(instant), null),
  }),
])
export type Schedule = z.infer<typeof Schedule>

/** Out of service: the alarms are under work, people see so. Suppressed: they are expected and only noise. */
export const effects = ['out-of-service', 'suppressed'] as const
export const Effect = z.enum(effects)
export type Effect = z.infer<typeof Effect>

const said = { scope: Scope, schedule: Schedule, effect: Effect }
export const WindowInput = z.strictObject({
  name: title,
  note: z._default(text(500), ''),
  ...said,
  enabled: z._default(z.boolean(), true),
})
export type WindowInput = z.infer<typeof WindowInput>

export const Occurrence = z.object({ from: z.number(), to: z.number() })
export type Occurrence = z.infer<typeof Occurrence>

export const WindowRow = z.object({
  id: z.string(),
  name: z.string(),
  note: z.string(),
  ...said,
  enabled: z.boolean(),
  /** The one that goes on, if any, and the next ones. */
  upcoming: z.array(Occurrence),
  /** null where the viewer's role may not see people. */
  by: z.nullable(z.string()),
  changedAt: z.number(),
})
export type WindowRow = z.infer<typeof WindowRow>

export const shownOccurrences = 5

/** What it would do if it were saved: shown before saving. */
export const Preview = z.object({
  upcoming: z.array(Occurrence),
  /** Live alarms that match now. */
  alarms: z.number(),
  /** Critical, high, medium, low. */
  bySeverity: z.array(z.number()),
  /** Some of their desktops or hosts. */
  examples: z.array(z.string()),
})
export type Preview = z.infer<typeof Preview>

export const isOn = ({ enabled, upcoming }: Pick<WindowRow, 'enabled' | 'upcoming'>, now: number): Occurrence | null =>
  (enabled && upcoming.find(({ from, to }) => from <= now && now < to)) || null

export const WindowFilter = z.object({ text: z.optional(text(200)) })
export type WindowFilter = z.infer<typeof WindowFilter>
export const WindowQuery = z.extend(Paging, WindowFilter.shape)

/** Those that go on or come first; without an occurrence last. */
const nextOf = ({ enabled, upcoming }: WindowRow) => (enabled ? (upcoming[0]?.from ?? Infinity) : Infinity)
const byName = (a: WindowRow, b: WindowRow) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1)
const byNext = (a: WindowRow, b: WindowRow) => (nextOf(a) === nextOf(b) ? byName(a, b) : nextOf(a) < nextOf(b) ? -1 : 1)

export const MaintenanceWindows = defineView<WindowRow, WindowFilter>({
  name: 'maintenance-windows',
  permission: 'alarms:read',
  filter: WindowFilter,
  matches: (row, filter) =>
    !filter.text ||
    [row.name, row.note].some((value) => value.toLowerCase().includes((filter.text ?? '').toLowerCase())),
  orders: { next: byNext, name: byName },
  defaultOrder: 'next',
  counters(rows) {
    let total = 0
    for (const _ of rows) total++
    return { total }
  },
})
