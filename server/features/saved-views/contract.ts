/** Saved views: a list's filter and order under a name, one's own or shared with the tenant. */
import * as z from 'zod/mini'
import { defineView, Paging } from '#wire'

const name = z.string().check(
  z.trim(),
  z.minLength(1),
  z.maxLength(100),
  z.refine((value) => !/\p{Cc}/u.test(value), 'must not contain control characters'),
)
/** Name of the list, e.g. `alarms`: each page knows its own. */
const list = z.string().check(z.maxLength(60), z.regex(/^[a-z][a-z-]*$/))

export const SavedViewInput = z.strictObject({
  name,
  list,
  /** As it stands in the URL behind the question mark. */
  query: z.string().check(z.maxLength(2000), z.regex(/^[^\s?#\p{Cc}]*$/u)),
  shared: z._default(z.boolean(), false),
})

export const SavedViewRow = z.object({
  id: z.string(),
  name: z.string(),
  list: z.string(),
  query: z.string(),
  shared: z.boolean(),
  /** null where the viewer's role may not see people. */
  owner: z.nullable(z.string()),
  ownerId: z.nullable(z.string()),
  changedAt: z.number(),
})
export type SavedViewRow = z.infer<typeof SavedViewRow>

export const SavedViewFilter = z.object({ list: z.optional(list) })
export type SavedViewFilter = z.infer<typeof SavedViewFilter>
export const SavedViewQuery = z.extend(Paging, SavedViewFilter.shape)

/** Live for shared ones; one's own come with `GET /saved-views`. */
export const SavedViews = defineView<SavedViewRow, SavedViewFilter>({
  name: 'saved-views',
  permission: 'alarms:read',
  filter: SavedViewFilter,
  matches: (row, filter) => !filter.list || row.list === filter.list,
  orders: { name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || (a.id < b.id ? -1 : 1) },
  defaultOrder: 'name',
  counters(rows) {
    let total = 0
    for (const _ of rows) total++
    return { total }
  },
})
