/** Runbooks: what to do about a type of alarm, set per tenant, for senders that name none themselves. */
import * as z from 'zod/mini'
import { defineView, Paging } from '#wire'

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const name = (most: number) => z.string().check(z.minLength(1), z.maxLength(most), noNul)

export const RunbookInput = z.strictObject({
  type: name(100),
  title: name(200),
  url: z.url({ protocol: /^https?$/ }).check(z.maxLength(500)),
})

export const RunbookRow = z.extend(z.object(RunbookInput.shape), { id: z.string(), changedAt: z.number() })
export type RunbookRow = z.infer<typeof RunbookRow>

export const RunbookFilter = z.object({ type: z.optional(z.string().check(z.maxLength(100))) })
export type RunbookFilter = z.infer<typeof RunbookFilter>
export const RunbookQuery = z.extend(Paging, RunbookFilter.shape)

export const Runbooks = defineView<RunbookRow, RunbookFilter>({
  name: 'runbooks',
  permission: 'alarms:read',
  filter: RunbookFilter,
  matches: (row, { type }) => !type || row.type.toLowerCase().includes(type.toLowerCase()),
  orders: { type: (a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0) },
  defaultOrder: 'type',
  counters(rows) {
    let total = 0
    for (const _ of rows) total++
    return { total }
  },
})
