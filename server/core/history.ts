/**
 * Finished things, newest first, without a scan on any database: a day lists its minutes, a minute what ended in it, and
 * everything is read by exact `_id`.
 */
import type { AnyBulkWriteOperation, Db } from 'mongodb'
import type { Collection } from './feature.ts'
import { documents } from './mongo.ts'

export interface Finished {
  _id: string
  tenant: string
  endedAt: number
}

interface IndexDoc {
  _id: string
  v: number
  items: (string | number)[]
}

export interface HistoryPage<D> {
  items: D[]
  /** Where to go on; null at the end. */
  next: string | null
}

export interface HistoryAsk<D> {
  tenant: string
  cursor: string | null
  limit: number
  from: number
  to: number
  matches: (doc: D) => boolean
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const budgetMs = 1_000
const minutesAtOnce = 60
const atOnce = 300
const dayId = (tenant: string, day: number) => `${tenant}:d:${day}`
const minuteId = (tenant: string, minute: number) => `${tenant}:m:${minute}`

export class History<D extends Finished> {
  readonly #noun: string
  readonly #index: string

  constructor(docs: Collection) {
    this.#noun = docs.noun
    this.#index = `${docs.noun}-index`
  }

  get collections(): Collection[] {
    return [{ noun: this.#index, hot: false }]
  }

  /** Idempotent: the same again replaces itself. Index first, so that what is stored can always be found. */
  async store(db: Db, finished: readonly D[]): Promise<void> {
    if (finished.length === 0) return
    const items = new Map<string, Set<string | number>>()
    for (const { _id, tenant, endedAt } of finished) {
      const minute = Math.floor(endedAt / minuteMs)
      for (const [id, item] of [
        [dayId(tenant, Math.floor(endedAt / dayMs)), minute],
        [minuteId(tenant, minute), _id],
      ] as const) {
        const known = items.get(id)
        if (known) known.add(item)
        else items.set(id, new Set([item]))
      }
    }
    await this.#indexes(db).bulkWrite(
      [...items].map(([id, added]) => add(id, [...added])),
      { ordered: true },
    )
    await documents<Finished>(db, this.#noun).bulkWrite(
      finished.map(({ _id, ...rest }) => ({ replaceOne: { filter: { _id }, replacement: rest, upsert: true } })),
      { ordered: true },
    )
  }

  /** Walks back from the cursor; may answer fewer than asked, with a cursor, when its time is up. */
  async read(db: Db, ask: HistoryAsk<D>): Promise<HistoryPage<D>> {
    const started = performance.now()
    const skip = parseCursor(ask.cursor)
    const upper = Math.min(Math.floor(ask.to / minuteMs), skip?.minute ?? Infinity)
    const items: D[] = []
    for await (const minutes of this.#minutesBack(db, ask.tenant, upper, Math.floor(ask.from / minuteMs))) {
      for (const { minute, docs } of await this.#endedIn(db, ask.tenant, minutes)) {
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

  /** What ended on that day (days since the epoch) first, the index that leads to it last. Answers how many. */
  async forgetDay(db: Db, tenant: string, day: number, before?: (ids: string[]) => Promise<void>): Promise<number> {
    const minutes = await this.#indexes(db).findOne({ _id: dayId(tenant, day) })
    if (!minutes) return 0
    let forgotten = 0
    for (const minute of minutes.items.map(Number)) {
      const ended = await this.#indexes(db).findOne({ _id: minuteId(tenant, minute) })
      const ids = (ended?.items ?? []).map(String)
      for (let at = 0; at < ids.length; at += atOnce) {
        const part = ids.slice(at, at + atOnce)
        await before?.(part)
        forgotten += (await documents(db, this.#noun).deleteMany({ _id: { $in: part } })).deletedCount
      }
      await this.#indexes(db).deleteOne({ _id: minuteId(tenant, minute) })
    }
    await this.#indexes(db).deleteOne({ _id: dayId(tenant, day) })
    return forgotten
  }

  async *#minutesBack(db: Db, tenant: string, upper: number, lower: number): AsyncGenerator<number[]> {
    const newest = Math.min(Math.floor((upper * minuteMs) / dayMs), Math.floor(Date.now() / dayMs) + 1)
    const oldest = Math.max(Math.floor((lower * minuteMs) / dayMs), newest - 400)
    for (let day = newest; day >= oldest; day -= 50) {
      const ids = Array.from({ length: Math.min(50, day - oldest + 1) }, (_, back) => dayId(tenant, day - back))
      const days = await this.#indexes(db)
        .find({ _id: { $in: ids } })
        .toArray()
      const minutes = days
        .flatMap(({ items }) => items.map(Number))
        .filter((minute) => minute <= upper && minute >= lower)
        .sort((a, b) => b - a)
      for (let at = 0; at < minutes.length; at += minutesAtOnce) yield minutes.slice(at, at + minutesAtOnce)
    }
  }

  async #endedIn(db: Db, tenant: string, minutes: readonly number[]) {
    const indexes = await this.#indexes(db)
      .find({ _id: { $in: minutes.map((minute) => minuteId(tenant, minute)) } })
      .toArray()
    const idsOf = new Map(indexes.map(({ _id, items }) => [_id, items.map(String).sort().reverse()]))
    const ids = [...idsOf.values()].flat()
    const docs = new Map<string, D>()
    for (let at = 0; at < ids.length; at += atOnce) {
      const part = await documents<Finished>(db, this.#noun)
        .find({ _id: { $in: ids.slice(at, at + atOnce) } })
        .toArray()
      // The collection holds documents of its own shape only.
      for (const doc of part) docs.set(doc._id, doc as D)
    }
    return minutes.map((minute) => ({
      minute,
      docs: (idsOf.get(minuteId(tenant, minute)) ?? []).flatMap((id) => docs.get(id) ?? []),
    }))
  }

  #indexes(db: Db) {
    return documents<IndexDoc>(db, this.#index)
  }
}

function add(_id: string, items: (string | number)[]): AnyBulkWriteOperation<IndexDoc> {
  return {
    updateOne: { filter: { _id }, update: { $addToSet: { items: { $each: items } }, $set: { v: 1 } }, upsert: true },
  }
}

/** `<minute>~<last id given>`; with an empty id the whole minute is done. */
function parseCursor(cursor: string | null): { minute: number; id: string } | null {
  const parts = /^(\d{1,12})~(.*)$/s.exec(cursor ?? '')
  return parts ? { minute: Number(parts[1]), id: parts[2] ?? '' } : null
}
