/**
 * The timeline of an episode. An entry is part of the commit that it tells of: the document carries the last ones, and
 * whoever pushes an older one out stores it first, under an id made of episode and number. So a crash loses none.
 */
import type { AnyBulkWriteOperation, Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import type { Severity } from './contract.ts'
import type { Verb } from './machine.ts'
import type { AlarmDoc, HistoryDoc } from './model.ts'

export const happenings = [
  'raised',
  're-raised',
  'worsened',
  'eased',
  'cleared',
  'expired',
  'ended',
  'claim-lost',
  'escalated',
] as const
export type Happening = Verb | (typeof happenings)[number]

export interface Entry {
  n: number
  /** Version of the document that it came with: tells an undo whether somebody acted since. */
  v: number
  at: number
  what: Happening
  /** Who; null: the source, a rule or the clock. */
  by: string | null
  byId: string | null
  /** Reason, note, cause, rule, name of a link. */
  text?: string
  /** To whom it was handed, or who held it. */
  to?: string
  until?: number
  from?: Severity
  severity?: Severity
  mentions?: string[]
}
export type NewEntry = Omit<Entry, 'n' | 'v'>

export const ENTRIES = 'alarm-entries'
const kept = 6
/** A batch may bring hundreds of ups and downs of one alarm at once. */
const mostAtOnce = 20

/** Entries that are committed already leave the document; new ones stay however many there are. */
export function noted(doc: AlarmDoc, entry: NewEntry): AlarmDoc {
  const n = (doc.entries ?? 0) + 1
  const all = [...(doc.lastEntries ?? []), { ...entry, n, v: doc.v + 1 }]
  const spare = Math.max(0, all.length - kept)
  const lastEntries = all.filter(({ v }, index) => index >= spare || v > doc.v).slice(-mostAtOnce)
  return { ...doc, entries: n, lastEntries }
}

export const episodeId = ({ _id, episode, raisedAt }: Pick<AlarmDoc, '_id' | 'episode' | 'raisedAt'>) =>
  `${_id}:${episode}:${raisedAt}`

export interface EntryDoc extends Entry {
  _id: string
  tenant: string
}

/** What the next version no longer carries. */
export function pushedOut(before: AlarmDoc, next: AlarmDoc): EntryDoc[] {
  const after: AlarmDoc | HistoryDoc | undefined =
    next.episode === before.episode ? next : next.ended?.find(({ episode }) => episode === before.episode)
  const first = after?.lastEntries?.[0]?.n ?? Infinity
  const gone = (before.lastEntries ?? []).filter(({ n }) => n < first)
  return gone.map((entry) => ({ ...entry, _id: `${episodeId(before)}:${entry.n}`, tenant: before.tenant }))
}

/** Before the write that pushes them out; what is stored was committed, so a second time stores the same. */
export async function storePushedOut(db: Db, pairs: readonly { before: AlarmDoc | null; next: AlarmDoc }[]) {
  const out = pairs.flatMap(({ before, next }) => (before ? pushedOut(before, next) : []))
  if (out.length === 0) return
  const operations: AnyBulkWriteOperation<EntryDoc>[] = out.map(({ _id, ...replacement }) => ({
    replaceOne: { filter: { _id }, replacement, upsert: true },
  }))
  await documents<EntryDoc>(db, ENTRIES).bulkWrite(operations, { ordered: false })
}
