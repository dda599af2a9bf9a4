/**
 * Finished episodes, newest first, without a scan on any database: a day lists its minutes, a minute the episodes that
 * ended in it, and everything is read by exact `_id`.
 */
import type { AnyBulkWriteOperation, Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import { HistoryDocs, type HistoryDoc } from './model.ts'

export interface IndexDoc {
  _id: string
  v: number
  items: (string | number)[]
}

export const HISTORY_INDEX = 'alarm-history-index'
export const historyCollections = [HistoryDocs, { noun: HISTORY_INDEX, hot: false }]

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
export const dayId = (tenant: string, at: number) => `${tenant}:d:${Math.floor(at / dayMs)}`
export const minuteId = (tenant: string, minute: number) => `${tenant}:m:${minute}`

/** Idempotent: the same episode again replaces itself. Index first, so that a stored episode can always be found. */
export async function storeFinished(db: Db, finished: readonly HistoryDoc[]): Promise<void> {
  if (finished.length === 0) return
  const items = new Map<string, Set<string | number>>()
  for (const { _id, tenant, endedAt } of finished) {
    const minute = Math.floor(endedAt / minuteMs)
    for (const [id, item] of [
      [dayId(tenant, endedAt), minute],
      [minuteId(tenant, minute), _id],
    ] as const) {
      const known = items.get(id)
      if (known) known.add(item)
      else items.set(id, new Set([item]))
    }
  }
  await documents<IndexDoc>(db, HISTORY_INDEX).bulkWrite(
    [...items].map(([id, added]) => add(id, [...added])),
    { ordered: true },
  )
  await documents<HistoryDoc>(db, HistoryDocs.noun).bulkWrite(
    finished.map(({ _id, ...rest }) => ({ replaceOne: { filter: { _id }, replacement: rest, upsert: true } })),
    { ordered: true },
  )
}

function add(_id: string, items: (string | number)[]): AnyBulkWriteOperation<IndexDoc> {
  return {
    updateOne: { filter: { _id }, update: { $addToSet: { items: { $each: items } }, $set: { v: 1 } }, upsert: true },
  }
}

export interface HistoryPage {
  items: HistoryDoc[]
  /** Where to go on; null at the end. */
  next: string | null
}

const budgetMs = 1_000
const minutesAtOnce = 60

/** Walks back from the cursor; may answer fewer than asked, with a cursor, when its time is up. */
export async function readHistory(
  db: Db,
  ask: {
    tenant: string
    cursor: string | null
    limit: number
    from: number
    to: number
    matches: (doc: HistoryDoc) => boolean
  },
): Promise<HistoryPage> {
  const started = performance.now()
  const skip = parseCursor(ask.cursor)
  const upper = Math.min(Math.floor(ask.to / minuteMs), skip?.minute ?? Infinity)
  const items: HistoryDoc[] = []
  for await (const minutes of minutesBack(db, ask.tenant, upper, Math.floor(ask.from / minuteMs))) {
    for (const { minute, docs } of await episodesOf(db, ask.tenant, minutes)) {
      for (const doc of docs) {
        if (skip && minute === skip.minute && doc._id >= skip.id) continue
        if (!ask.matches(doc)) continue
        items.push(doc)
        if (items.length === ask.limit) return { items, next: `${minute}~${doc._id}` }
      }
    }
    const last = minutes.at(-1)
    if (performance.now() - started > budgetMs && last !== undefined) return { items, next: `${last}~` }
  }
  return { items, next: null }
}

/** `<minute>~<last id given>`; with an empty id the whole minute is done. */
function parseCursor(cursor: string | null): { minute: number; id: string } | null {
  const parts = /^(\d{1,12})~(.*)$/s.exec(cursor ?? '')
  return parts ? { minute: Number(parts[1]), id: parts[2] ?? '' } : null
}

async function* minutesBack(db: Db, tenant: string, upper: number, lower: number): AsyncGenerator<number[]> {
  const newest = Math.min(Math.floor((upper * minuteMs) / dayMs), Math.floor(Date.now() / dayMs) + 1)
  const oldest = Math.max(Math.floor((lower * minuteMs) / dayMs), newest - 400)
  for (let day = newest; day >= oldest; day -= 50) {
    const ids = Array.from({ length: Math.min(50, day - oldest + 1) }, (_, back) => `${tenant}:d:${day - back}`)
    const days = await documents<IndexDoc>(db, HISTORY_INDEX)
      .find({ _id: { $in: ids } })
      .toArray()
    const minutes = days
      .flatMap(({ items }) => items.map(Number))
      .filter((minute) => minute <= upper && minute >= lower)
      .sort((a, b) => b - a)
    for (let at = 0; at < minutes.length; at += minutesAtOnce) yield minutes.slice(at, at + minutesAtOnce)
  }
}

async function episodesOf(db: Db, tenant: string, minutes: readonly number[]) {
  const indexes = await documents<IndexDoc>(db, HISTORY_INDEX)
    .find({ _id: { $in: minutes.map((minute) => minuteId(tenant, minute)) } })
    .toArray()
  const idsOf = new Map(indexes.map(({ _id, items }) => [_id, items.map(String).sort().reverse()]))
  const ids = [...idsOf.values()].flat()
  const docs = new Map<string, HistoryDoc>()
  for (let at = 0; at < ids.length; at += 300) {
    const part = await documents<HistoryDoc>(db, HistoryDocs.noun)
      .find({ _id: { $in: ids.slice(at, at + 300) } })
      .toArray()
    for (const doc of part) docs.set(doc._id, doc)
  }
  return minutes.map((minute) => ({
    minute,
    docs: (idsOf.get(minuteId(tenant, minute)) ?? []).flatMap((id) => docs.get(id) ?? []),
  }))
}
