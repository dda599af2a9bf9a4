import * as z from 'zod/mini'
import { granted, Role } from '#wire'
import { get } from '../../sync/send.ts'

const Operators = z.object({
  items: z.array(
    z.object({ id: z.string(), username: z.string(), name: z.string(), role: Role, disabled: z.boolean() }),
  ),
})
export interface Colleague {
  id: string
  /** As in a mention: the user part before the tenant. */
  user: string
  name: string
}

let known: Promise<Colleague[]> | null = null

/** Who may triage here; read once a visit, again after a failure. */
export function colleagues(): Promise<Colleague[]> {
  known ??= get('/api/v1/operators?limit=500', Operators).then(({ items }) =>
    items
      .filter(({ role, disabled }) => !disabled && granted[role].includes('alarms:triage'))
      .map(({ id, username, name }) => ({ id, name, user: username.split('@')[0] ?? username })),
  )
  known.catch(() => (known = null))
  return known
}
