import * as z from 'zod/mini'
import type { PresenceEntry } from '#wire'

const Entry = z.object({
  operator: z.string(),
  name: z.string(),
  item: z.nullable(z.string()),
  act: z.enum(['looking', 'editing']),
})

/** Who is in the room; one person with several pages open is one person. */
export function peopleIn(values: Readonly<Record<string, unknown>>): PresenceEntry[] {
  const told = values['presence']
  if (typeof told !== 'object' || told === null) return []
  return Object.values(told).flatMap((each: unknown) => {
    const entry = Entry.safeParse(each)
    return entry.success ? [entry.data] : []
  })
}

export const namesOf = (people: readonly PresenceEntry[]) => [...new Set(people.map((each) => each.name))]
