/** The audit trail as an auditor reads it. */
import * as z from 'zod/mini'
import { Paging } from '#wire'

const text = (most: number) => z.string().check(z.maxLength(most))
const instant = z.pipe(
  z.union([
    z.coerce.number(),
    z.pipe(
      z.iso.datetime({ offset: true }),
      z.transform((value) => Date.parse(value)),
    ),
  ]),
  z.number(),
)

/** Newest first. A page may hold fewer than `limit` and still have a cursor: the search goes on from there. */
export const AuditQuery = z.extend(Paging, {
  /** Part of the actor's name or id. */
  who: z.optional(text(100)),
  verb: z.optional(text(60)),
  noun: z.optional(text(60)),
  from: z.optional(instant),
  to: z.optional(instant),
})
export type AuditQuery = z.infer<typeof AuditQuery>

export const AuditRow = z.object({
  id: z.string(),
  n: z.number(),
  at: z.number(),
  actor: z.object({
    kind: z.enum(['operator', 'token', 'agent', 'display', 'system']),
    id: z.string(),
    name: z.string(),
  }),
  address: z.string(),
  verb: z.string(),
  noun: z.string(),
  ids: z.array(z.string()),
  before: z.unknown(),
  after: z.unknown(),
  result: z.enum(['ok', 'refused', 'partial', 'failed']),
  code: z.nullable(z.string()),
  hash: z.string(),
})
export type AuditRow = z.infer<typeof AuditRow>

export const AuditList = z.object({
  items: z.array(AuditRow),
  nextCursor: z.nullable(z.string()),
  /** Entries of the tenant; null while a filter is set, since nobody counts them. */
  total: z.nullable(z.number()),
})

export const AuditExportQuery = z.strictObject({
  format: z._default(z.enum(['csv', 'ndjson']), 'ndjson'),
  from: AuditQuery.shape.from,
  to: AuditQuery.shape.to,
})
