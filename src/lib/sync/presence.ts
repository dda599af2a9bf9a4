import * as z from 'zod/mini'
import type { PresenceEntry } from '#wire'

const Entry = z.object({
  operator: z.string(),
  name: z.string(),
  item: z.nullable(z.string()),
  act: z.enum(['looking', 'editing']),
})

/** Who is in the room: one person with the same thing open on several pages is one, writing if any of them writes. */
export function peopleIn(values: Readonly<Record<string, unknown>>): PresenceEntry[] {
  const told = values['presence']
  if (typeof told !== 'object' || told === null) return []
  const people = new Map<string, PresenceEntry>()
  for (const each of Object.values(told)) {
    const entry = Entry.safeParse(each)
    if (!entry.success) continue
    const key = `${entry.data.operator} ${entry.data.item}`
    if (people.get(key)?.act !== 'editing') people.set(key, entry.data)
  }
  return [...people.values()]
}

/** Each once, by account: two of the same name are two. */
export function namesOf(people: readonly PresenceEntry[]): string[] {
  return [...new Map(people.map(({ operator, name }) => [operator, name])).values()]
}
