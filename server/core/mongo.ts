/** The database connection and what its errors mean. */
import mongoose from 'mongoose'
import { MongoBulkWriteError, MongoServerError, type Db, type WriteError } from 'mongodb'
import type { Collection, Doc } from './feature.ts'
import { must } from './must.ts'
import { PermanentRefusal } from './until-known.ts'

export interface Mongo {
  db: Db
  /** True while the driver sees a usable server. */
  ready: () => boolean
  close: () => Promise<void>
}

/** Writes are durable when answered; retries are ours, since only we know what a repeated step means. */
export async function connectMongo(uri: string, maxPoolSize = 20): Promise<Mongo> {
  const connection = mongoose.createConnection(uri, {
    maxPoolSize,
    retryWrites: false,
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    socketTimeoutMS: 20_000,
    heartbeatFrequencyMS: 2_000,
    autoCreate: false,
    autoIndex: false,
  })
  await connection.asPromise()
  return {
    db: must(connection.db, 'a connected connection has a database'),
    ready: () => connection.readyState === mongoose.ConnectionStates.connected,
    close: () => connection.close(),
  }
}

/** `{_id, v}` unique everywhere: the embedded server serves compare-and-set from it; the rest is for production. */
export async function ensureIndexes(db: Db, collections: readonly Collection[]): Promise<void> {
  for (const { noun, indexes = [] } of collections) {
    const wanted = [{ key: { _id: 1, v: 1 }, unique: true }, ...indexes]
    await db.collection(noun).createIndexes(wanted.map(({ key, unique = false }) => ({ key, unique })))
  }
}

/** Collections of ours are keyed by strings. */
export function documents<D extends { _id: string } = Doc>(db: Db, noun: string) {
  return db.collection<D>(noun)
}

export const isDuplicate = (error: unknown): boolean => error instanceof MongoServerError && error.code === 11000

/** Refusals that no repetition can heal: bad value, wrong type, immutable field, too large, bad field names. */
const permanent = new Set([2, 14, 52, 57, 66, 121, 10334, 17419])

/**
 * Indexes that a bulk write refused as duplicates. null: the outcome of the step is unknown and it must be repeated —
 * the driver reports a lost connection as a bulk error with no refusal at all.
 */
export function refusedIndexes(error: unknown): Set<number> | null {
  if (!(error instanceof MongoBulkWriteError)) return null
  const refusals: WriteError[] = [error.writeErrors].flat()
  if (refusals.length === 0) return null
  const refusal = refusals.find(({ code }) => permanent.has(code))
  if (refusal) throw new PermanentRefusal(`refused for good: ${refusal.errmsg ?? refusal.code}`, { cause: error })
  if (error.result.getWriteConcernError()) return null
  if (refusals.some((refusal) => refusal.code !== 11000)) return null
  return new Set(refusals.map((refusal) => refusal.index))
}
