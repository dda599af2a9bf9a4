/** Displays: screens on a wall that come in by a link, what each of them shows, and how loud it is. */
import * as z from 'zod/mini'
import { defineView, Paging } from '#wire'
import { Severity } from '../alarms/contract.ts'

export const wallPages = ['alarms', 'capacity'] as const
export const WallPage = z.enum(wallPages)
export type WallPage = z.infer<typeof WallPage>

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const text = (least: number, most: number) => z.string().check(z.minLength(least), z.maxLength(most), noNul)
const whole = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most))
const once = z.refine<readonly string[]>((values) => new Set(values).size === values.length, 'each at most once')
/** In the display's own time zone. */
const TimeOfDay = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/))

export const Sounds = z.strictObject({
  /** These are heard, again and again until acknowledged. */
  severities: z.array(Severity).check(z.maxLength(4), once),
  volume: whole(0, 100),
  /** Nothing is heard between these times, also across midnight. */
  silent: z.nullable(z.strictObject({ from: TimeOfDay, to: TimeOfDay })),
})
export type Sounds = z.infer<typeof Sounds>

export const DisplaySettings = z.strictObject({
  pages: z.array(WallPage).check(z.minLength(1), z.maxLength(wallPages.length), once),
  /** How long each page is shown. */
  seconds: whole(5, 600),
  language: z.enum(['zh-CN', 'en']),
  theme: z.enum(['dark', 'light']),
  sounds: Sounds,
  /** From the eyes to the screen, metres. */
  distance: z.number().check(z.minimum(1), z.maximum(30)),
  /** Of the screen, inches. */
  diagonal: z.number().check(z.minimum(20), z.maximum(200)),
})
export type DisplaySettings = z.infer<typeof DisplaySettings>

export const usualSettings: DisplaySettings = {
  pages: [...wallPages],
  seconds: 20,
  language: 'zh-CN',
  theme: 'dark',
  sounds: { severities: ['critical', 'high'], volume: 60, silent: null },
  distance: 6,
  diagonal: 65,
}

export const DisplayInput = z.strictObject({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100), noNul),
  settings: DisplaySettings,
})
export type DisplayInput = z.infer<typeof DisplayInput>

/** `waiting`: its link was not opened yet; `out`: there is neither a link nor a screen. */
export const displayStates = ['waiting', 'in', 'out'] as const

export const DisplayRow = z.object({
  id: z.string(),
  name: z.string(),
  settings: DisplaySettings,
  state: z.enum(displayStates),
  /** Until when the link that was made last can be opened. */
  linkUntil: z.nullable(z.number()),
  inSince: z.nullable(z.number()),
  /** As last stored; the live one is the last value `seen:<id>`. */
  seenAt: z.nullable(z.number()),
  build: z.nullable(z.string()),
  createdBy: z.string(),
  createdAt: z.number(),
})
export type DisplayRow = z.infer<typeof DisplayRow>

/** What a display says of itself; of its sound: on, off by its settings, or kept back by the browser. */
export const Sign = z.strictObject({
  page: WallPage,
  build: text(0, 100),
  sound: z.enum(['on', 'off', 'blocked']),
})
export type Sign = z.infer<typeof Sign>

/** Last value `seen:<id>` of the view. */
export interface Seen extends Sign {
  at: number
}
/** A display says so this often; after two silences it is away. */
export const signEveryMs = 20_000

/** What the screen itself may know, as it changes. */
export const OwnDisplayRow = z.object({ id: z.string(), name: z.string(), settings: DisplaySettings })
export type OwnDisplayRow = z.infer<typeof OwnDisplayRow>

/** An opened link: like a session, without a person. */
export const OwnDisplay = z.object({
  operator: z.object({ id: z.string(), name: z.string(), username: z.string() }),
  tenant: z.object({ id: z.string(), code: z.string(), name: z.string() }),
  role: z.literal('viewer'),
  permissions: z.array(z.string()),
  secondFactor: z.literal('off'),
  settings: DisplaySettings,
})
export type OwnDisplay = z.infer<typeof OwnDisplay>

export const OpenLink = z.strictObject({
  /** What stands behind the # of the link. */
  link: text(1, 200),
  /** Signs out who is signed in in this browser. */
  replace: z._default(z.boolean(), false),
})

export const DisplayId = z.strictObject({ id: text(1, 200) })
export const DisplayFilter = z.object({ name: z.optional(text(0, 100)) })
export type DisplayFilter = z.infer<typeof DisplayFilter>
export const DisplayQuery = z.extend(Paging, DisplayFilter.shape)

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const total = (rows: Iterable<unknown>) => ({ total: [...rows].length })

export const Displays = defineView<DisplayRow, DisplayFilter>({
  name: 'displays',
  permission: 'displays:write',
  filter: DisplayFilter,
  matches: (row, { name }) => !name || row.name.toLowerCase().includes(name.toLowerCase()),
  orders: { name: (a, b) => byText(a.name, b.name) || byText(a.id, b.id) },
  defaultOrder: 'name',
  counters: total,
})

/** A display's own row, so that a change of its settings reaches it at once. */
export const OwnDisplays = defineView<OwnDisplayRow, object>({
  name: 'own-display',
  permission: 'displays:write',
  filter: z.object({}),
  matches: () => true,
  orders: { name: (a, b) => byText(a.name, b.name) },
  defaultOrder: 'name',
  counters: total,
})

/** Last value `alarms` of the view of hosts, worst first: host, worst severity, standing alarms. */
export type AlarmedHost = readonly [host: string, worst: Severity, alarms: number]
