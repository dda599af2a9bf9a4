/**
 * What is kept with an alarm: one document per episode, with the single samples that some node had in memory (its four
 * parts are written by whoever has them, each by itself), and once the time after the report has passed the minutes of
 * desktop and host, the neighbours and the verdict.
 */
import type { AnyBulkWriteOperation, Binary, Db } from 'mongodb'
import type { Collection } from '../../core/feature.ts'
import { documents } from '../../core/mongo.ts'
import type { Episode } from '../alarms/service.ts'
import { unpackMinutes } from './buckets.ts'
import { unpack } from './columns.ts'
import type { AlarmResources, Verdict } from './contract.ts'
import { minuteMs, scalesOf, type Subject } from './points.ts'
import type { Known } from './series.ts'

/** Before and after the report. */
export const frozenMs = 15 * minuteMs

export const FrozenDocs: Collection = { noun: 'alarm-resources', hot: false }
/** Episodes whose time after the report ends in that minute: what a restart must not forget. */
export const FrozenDue: Collection = { noun: 'alarm-resources-due', hot: false }

export const halves = ['Before', 'After'] as const
export type Half = (typeof halves)[number]
type Samples = { [S in Subject as `${S}${Half}`]?: Binary }

export interface FrozenDoc extends Samples {
  _id: string
  v: number
  tenant: string
  raisedAt: number
  readings: Record<string, number>
  skewed: boolean
  complete?: boolean
  /** Ids as they were at the report: a desktop may move. */
  desktop?: string | null
  host?: string | null
  desktopMinutes?: Binary
  hostMinutes?: Binary
  neighbours?: AlarmResources['neighbours']
  verdict?: Verdict
}

/** The same again changes nothing; parts that others wrote stay. */
export type FrozenPart = Omit<Partial<FrozenDoc>, '_id' | 'v' | keyof Samples | 'desktopMinutes' | 'hostMinutes'> &
  Partial<Record<keyof Samples | 'desktopMinutes' | 'hostMinutes', Buffer>>

export async function keep(db: Db, parts: readonly { episode: Episode; set: FrozenPart }[]): Promise<void> {
  if (parts.length === 0) return
  await db.collection(FrozenDocs.noun).bulkWrite(
    parts.map(({ episode: { id, tenant, raisedAt, readings, skewed }, set }): AnyBulkWriteOperation => ({
      updateOne: {
        filter: { _id: id } as object,
        update: { $set: { ...set }, $setOnInsert: { v: 1, tenant, raisedAt, readings, skewed } },
        upsert: true,
      },
    })),
    { ordered: false },
  )
}

export async function frozenOf(db: Db, ids: readonly string[]): Promise<Map<string, FrozenDoc>> {
  if (ids.length === 0) return new Map()
  const found = await documents<FrozenDoc>(db, FrozenDocs.noun)
    .find({ _id: { $in: [...ids] } })
    .toArray()
  return new Map(found.map((doc) => [doc._id, doc]))
}

export function keptOf(subject: Subject, doc: FrozenDoc | undefined): Known {
  if (!doc) return { samples: [], minutes: [] }
  const parts = subject === 'desktop' ? [doc.desktopBefore, doc.desktopAfter] : [doc.hostBefore, doc.hostAfter]
  const minutes = subject === 'desktop' ? doc.desktopMinutes : doc.hostMinutes
  return {
    samples: parts.flatMap((part) => (part ? unpack(part.buffer, scalesOf[subject]) : [])),
    minutes: minutes ? unpackMinutes(subject, minutes.buffer) : [],
  }
}

/** Documents that grow by being added to stay small, also in a flood. */
const shards = 16
interface DueDoc {
  _id: string
  v: number
  items: string[]
}
const dueId = (tenant: string, minute: number, shard: number) => `${tenant}:${minute}:${shard}`
const dueMinute = (raisedAt: number) => Math.floor((raisedAt + frozenMs) / minuteMs)

export async function noteDue(db: Db, episodes: readonly Episode[]): Promise<void> {
  if (episodes.length === 0) return
  // The end of an id is the moment it was raised, in ms: spread enough.
  const byDoc = Map.groupBy(episodes, ({ tenant, raisedAt }) => dueId(tenant, dueMinute(raisedAt), raisedAt % shards))
  await documents<DueDoc>(db, FrozenDue.noun).bulkWrite(
    [...byDoc].map(([_id, due]) => ({
      updateOne: {
        filter: { _id },
        update: { $addToSet: { items: { $each: due.map(({ id }) => id) } }, $set: { v: 1 } },
        upsert: true,
      },
    })),
    { ordered: false },
  )
}

/** Episodes noted for these minutes, with the documents to be forgotten when they are done. */
export async function dueIn(
  db: Db,
  tenants: readonly string[],
  minutes: { from: number; to: number },
): Promise<{ _id: string; items: string[] }[]> {
  const ids = tenants.flatMap((tenant) =>
    Array.from({ length: (minutes.to - minutes.from + 1) * shards }, (_, n) =>
      dueId(tenant, minutes.from + Math.floor(n / shards), n % shards),
    ),
  )
  const found: DueDoc[] = []
  for (let at = 0; at < ids.length; at += 300)
    found.push(
      ...(await documents<DueDoc>(db, FrozenDue.noun)
        .find({ _id: { $in: ids.slice(at, at + 300) } })
        .toArray()),
    )
  return found
}

export const doneWith = async (db: Db, _id: string) => {
  await documents<DueDoc>(db, FrozenDue.noun).deleteOne({ _id })
}
