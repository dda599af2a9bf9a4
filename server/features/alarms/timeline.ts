/** The timeline of one episode, newest first: the last entries from the alarm itself, older ones by their numbers. */
import * as z from 'zod/mini'
import type { Db } from 'mongodb'
import { Paging } from '#wire'
import { defineQuery } from '../../core/command.ts'
import { listOf, seesMasked } from '../../core/lists.ts'
import { documents } from '../../core/mongo.ts'
import { refused } from '../../core/problems.ts'
import { Severity } from './contract.ts'
import { ENTRIES, episodeId, happenings, type Entry, type EntryDoc } from './entries.ts'
import { verbs } from './machine.ts'
import { AlarmDocs, HistoryDocs, type AlarmDoc, type HistoryDoc } from './model.ts'

const EntryRow = z.object({
  n: z.number(),
  at: z.number(),
  what: z.enum([...verbs, ...happenings]),
  /** null: the source, a rule or the clock — or the caller's role may not see people. */
  by: z.nullable(z.string()),
  byId: z.nullable(z.string()),
  text: z.nullable(z.string()),
  to: z.nullable(z.string()),
  until: z.nullable(z.number()),
  from: z.nullable(Severity),
  severity: z.nullable(Severity),
  mentions: z.array(z.string()),
})

export const timeline = defineQuery({
  route: 'GET /alarms/:id/timeline',
  summary: 'Who did what and what happened in one episode, live or finished, newest first',
  permission: 'alarms:read',
  input: z.strictObject({
    id: z.string().check(z.minLength(1), z.maxLength(200)),
    cursor: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1_000_000))),
    limit: Paging.shape.limit,
  }),
  output: listOf(EntryRow),
  async run(ctx, { id, cursor, limit }) {
    const live = ctx.core.views.get(AlarmDocs, id)
    const alarm = live ?? (await documents<HistoryDoc>(ctx.core.db, HistoryDocs.noun).findOne({ _id: id }))
    if (!alarm || alarm.tenant !== ctx.tenant) return refused('request.not-found')
    const total = alarm.entries ?? 0
    const to = Math.min(total, (cursor ?? total + 1) - 1)
    const from = Math.max(1, to - limit + 1)
    const entries = await entriesOf(ctx.core.db, alarm, from, to)
    const items = entries.map((entry) => present(entry, seesMasked(ctx.role)))
    return { items, nextCursor: from > 1 ? String(from) : null, total }
  },
})

async function entriesOf(db: Db, alarm: AlarmDoc | HistoryDoc, from: number, to: number): Promise<Entry[]> {
  const carried = (alarm.lastEntries ?? []).filter(({ n }) => n >= from && n <= to)
  const upTo = Math.min(to, (alarm.lastEntries?.[0]?.n ?? 1) - 1)
  const episode = 'endedAt' in alarm ? alarm._id : episodeId(alarm)
  const ids = Array.from({ length: Math.max(0, upTo - from + 1) }, (_, index) => `${episode}:${from + index}`)
  const stored = ids.length
    ? await documents<EntryDoc>(db, ENTRIES)
        .find({ _id: { $in: ids } })
        .toArray()
    : []
  return [...stored, ...carried].sort((a, b) => b.n - a.n)
}

const present = (entry: Entry, masked: boolean): z.infer<typeof EntryRow> => ({
  n: entry.n,
  at: entry.at,
  what: entry.what,
  by: masked ? null : entry.by,
  byId: masked ? null : entry.byId,
  text: entry.text ?? null,
  to: masked ? null : (entry.to ?? null),
  until: entry.until ?? null,
  from: entry.from ?? null,
  severity: entry.severity ?? null,
  mentions: masked ? [] : (entry.mentions ?? []),
})
