/** The log of an attempt: numbered chunks of one size, read and written by exact id, bounded. */
import { Binary, type Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import { LogChunks, type OrderDoc } from './model.ts'

/** Bytes of every chunk but the last: an offset leads straight to its chunk. */
export const chunkBytes = 16_384
export const mostLogBytes = 1024 * 1024
const mostChunksRead = 4

interface StoredChunk {
  _id: string
  v: number
  data: Binary
}

export const chunkId = (order: string, attempt: number, n: number) => `${order}:${attempt}:${n}`

export async function writeChunk(db: Db, order: string, attempt: number, n: number, data: Buffer): Promise<void> {
  await chunks(db).replaceOne({ _id: chunkId(order, attempt, n) }, { v: 1, data: new Binary(data) }, { upsert: true })
}

export interface LogPage {
  text: string
  offset: number
  /** Where to go on. */
  next: number
}

/** From a byte offset on; a character that is not whole yet is left for the next reading. */
export async function readLog(db: Db, order: string, attempt: number, offset: number): Promise<LogPage> {
  const first = Math.floor(offset / chunkBytes)
  const ids = Array.from({ length: mostChunksRead }, (_, n) => chunkId(order, attempt, first + n))
  const found = new Map(
    (
      await chunks(db)
        .find({ _id: { $in: ids } })
        .toArray()
    ).map((chunk) => [chunk._id, chunk.data]),
  )
  const parts: Uint8Array[] = []
  for (const id of ids) {
    const data = found.get(id)
    if (!data) break
    parts.push(data.value())
    if (data.length() < chunkBytes) break
  }
  const bytes = Buffer.concat(parts).subarray(offset - first * chunkBytes)
  const whole = bytes.subarray(0, wholeLength(bytes))
  return { text: whole.toString('utf8'), offset, next: offset + whole.length }
}

/** Without a UTF-8 sequence that was cut at the end. */
function wholeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes.length
    if (byte >= 0xc0) {
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needs > back ? bytes.length - back : bytes.length
    }
  }
  return bytes.length
}

export async function forgetLogs(db: Db, { _id, logs }: Pick<OrderDoc, '_id' | 'logs'>): Promise<void> {
  for (const { attempt, chunks: count } of logs) {
    const ids = Array.from({ length: count }, (_, n) => chunkId(_id, attempt, n))
    if (ids.length) await chunks(db).deleteMany({ _id: { $in: ids } })
  }
}

const chunks = (db: Db) => documents<StoredChunk>(db, LogChunks.noun)
