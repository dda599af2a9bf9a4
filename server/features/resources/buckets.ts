/**
 * Minutes on disk: one bucket per desktop or host and ten minutes, each minute packed, everything read and forgotten
 * by exact `_id`. A minute is written whole and by itself, so two nodes that serve a desktop in turn never undo each
 * other, and writing it twice does no harm.
 */
import type { AnyBulkWriteOperation, Binary, Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import type { Collection } from '../../core/feature.ts'
import { pack, unpack } from './columns.ts'
import { figuresOf, minuteMs, scalesOf, type Minute, type Subject } from './points.ts'

export const bucketMs = 10 * minuteMs
export const dayMs = 24 * 60 * minuteMs
const atOnce = 300
const shards = 16

export const bucketsOf: Record<Subject, Collection> = {
  desktop: { noun: 'desktop-samples', hot: false },
  host: { noun: 'host-samples', hot: false },
}
/** Which desktops and hosts have buckets of a day, for the worker that forgets them. */
export const SampleDays: Collection = { noun: 'sample-days', hot: false }

/** `m0` … `m9`. */
type BucketDoc = { _id: string; v: number } & Record<string, Binary | number | string>
interface DayDoc {
  _id: string
  v: number
  items: string[]
}

export const bucketId = (id: string, slot: number) => `${id}@${slot}`
const dayId = (tenant: string, subject: Subject, day: number, shard: number) => `${tenant}:${subject}:${day}:${shard}`
const tenantOf = (id: string) => id.slice(0, id.indexOf(':'))

export interface OfMinute {
  id: string
  minute: Minute
}

export async function writeMinutes(db: Db, subject: Subject, minutes: readonly OfMinute[]): Promise<void> {
  const sets = new Map<string, Record<string, Buffer>>()
  for (const { id, minute } of minutes) {
    const bucket = bucketId(id, Math.floor(minute.at / bucketMs))
    const set = sets.get(bucket) ?? {}
    set[`m${Math.floor((minute.at % bucketMs) / minuteMs)}`] = packMinute(subject, minute)
    sets.set(bucket, set)
  }
  const all = [...sets].map(([_id, set]): AnyBulkWriteOperation => ({
    updateOne: { filter: { _id } as object, update: { $set: { v: 1, ...set } }, upsert: true },
  }))
  for (let at = 0; at < all.length; at += atOnce)
    await db.collection(bucketsOf[subject].noun).bulkWrite(all.slice(at, at + atOnce), { ordered: false })
}

/** In order of time, of each that has any. */
export async function readMinutes(
  db: Db,
  subject: Subject,
  ids: readonly string[],
  { from, to }: { from: number; to: number },
): Promise<Map<string, Minute[]>> {
  const [first, last] = [Math.floor(from / bucketMs), Math.floor(to / bucketMs)]
  const wanted = ids.flatMap((id) => Array.from({ length: last - first + 1 }, (_, n) => bucketId(id, first + n)))
  const found = new Map<string, Minute[]>()
  for (let at = 0; at < wanted.length; at += atOnce) {
    const buckets = documents<BucketDoc>(db, bucketsOf[subject].noun).find({
      _id: { $in: wanted.slice(at, at + atOnce) },
    })
    for await (const doc of buckets) {
      const id = doc._id.slice(0, doc._id.lastIndexOf('@'))
      const minutes = minutesIn(subject, doc).filter((minute) => minute.at >= from - minuteMs && minute.at <= to)
      found.set(id, [...(found.get(id) ?? []), ...minutes])
    }
  }
  for (const minutes of found.values()) minutes.sort((a, b) => a.at - b.at)
  return found
}

function minutesIn(subject: Subject, doc: BucketDoc): Minute[] {
  const start = Number(doc._id.slice(doc._id.lastIndexOf('@') + 1)) * bucketMs
  return Array.from({ length: bucketMs / minuteMs }, (_, n) => n).flatMap((n) => {
    const packed = doc[`m${n}`]
    if (packed === undefined || typeof packed !== 'object') return []
    return unpackMinutes(subject, packed.buffer).map((minute) => ({ ...minute, at: start + n * minuteMs }))
  })
}

/** Where it stands in its bucket says when it was. */
const packMinute = (subject: Subject, minute: Minute) => packMinutes(subject, [{ ...minute, at: 0 }])

export const packMinutes = (subject: Subject, minutes: readonly Minute[]): Buffer =>
  pack(
    minutes.map(({ at, values, worst }) => ({ at, values: [...values, ...worst] })),
    [...scalesOf[subject], ...scalesOf[subject]],
  )

export function unpackMinutes(subject: Subject, bytes: Uint8Array): Minute[] {
  const width = figuresOf[subject].length
  return unpack(bytes, [...scalesOf[subject], ...scalesOf[subject]]).map(({ at, values }) => ({
    at,
    values: values.slice(0, width),
    worst: values.slice(width),
  }))
}

/** Before its first bucket of a day is written, so that a stored one can always be found. */
export async function noteDays(db: Db, subject: Subject, day: number, ids: readonly string[]): Promise<void> {
  const byDoc = Map.groupBy(ids, (id) => dayId(tenantOf(id), subject, day, shardOf(id)))
  if (byDoc.size === 0) return
  await documents<DayDoc>(db, SampleDays.noun).bulkWrite(
    [...byDoc].map(([_id, items]) => ({
      updateOne: { filter: { _id }, update: { $addToSet: { items: { $each: items } }, $set: { v: 1 } }, upsert: true },
    })),
    { ordered: false },
  )
}

/** Documents that grow by being added to stay small. */
function shardOf(id: string): number {
  let sum = 0
  for (let at = 0; at < id.length; at++) sum = (sum * 31 + id.charCodeAt(at)) % 65_521
  return sum % shards
}

/** Buckets first, the index that leads to them last. Answers how many buckets. */
export async function forgetSamplesOfDay(db: Db, tenant: string, day: number): Promise<number> {
  let forgotten = 0
  for (const subject of ['desktop', 'host'] as const) {
    const ids = Array.from({ length: shards }, (_, shard) => dayId(tenant, subject, day, shard))
    const known = await documents<DayDoc>(db, SampleDays.noun)
      .find({ _id: { $in: ids } })
      .toArray()
    for (const { _id, items } of known) {
      for (const id of items) forgotten += await forgetBuckets(db, subject, id, day)
      await documents(db, SampleDays.noun).deleteOne({ _id })
    }
  }
  return forgotten
}

async function forgetBuckets(db: Db, subject: Subject, id: string, day: number): Promise<number> {
  const first = (day * dayMs) / bucketMs
  const ids = Array.from({ length: dayMs / bucketMs }, (_, n) => bucketId(id, first + n))
  return (await documents(db, bucketsOf[subject].noun).deleteMany({ _id: { $in: ids } })).deletedCount
}
