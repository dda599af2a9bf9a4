import { MongoBulkWriteError, MongoClient, MongoServerError, type WriteError } from 'mongodb'

/**
 * A bare writer in a process of its own: batches of inserts, and a counter document moved from v to v + 1. It repeats
 * whatever has an unknown outcome and tells its parent what was acknowledged, and when an answer was lost.
 */
const [url = '', name = ''] = process.argv.slice(2)
const client = new MongoClient(url, { serverSelectionTimeoutMS: 60_000, socketTimeoutMS: 20_000 })
const documents = client.db('faults').collection<{ _id: string; v: number; text?: string }>('documents', {
  writeConcern: { w: 'majority', j: true },
})

const BATCH = 20
let next = 0
let stopping = false

/** An error is an answer only when the server refused each item by name; the driver wraps lost connections too. */
function refusals(error: unknown): number | undefined {
  if (!(error instanceof MongoBulkWriteError)) return undefined
  const errors: WriteError[] = [error.writeErrors].flat()
  return errors.length > 0 && errors.every((one) => one.code === 11000) ? errors.length : undefined
}

async function insertBatch(): Promise<void> {
  const ids = Array.from({ length: BATCH }, () => `${name}:${next++}`)
  for (;;) {
    try {
      await documents.insertMany(
        ids.map((_id) => ({ _id, v: 1, text: 'x'.repeat(200) })),
        { ordered: false },
      )
      break
    } catch (error) {
      if (refusals(error) !== undefined) break // our own ids, written by the try whose answer was lost
      process.send?.({ lostAnswer: true })
    }
  }
  process.send?.({ inserted: ids })
}

async function count(counter: string): Promise<void> {
  for (let v = 0; !stopping; v++) {
    while (!(await step(counter, v))) process.send?.({ lostAnswer: true })
    process.send?.({ counter, v: v + 1 })
  }
}

/** True when the counter is known to stand at v + 1: by this step, or by an earlier try of it (then it is a miss). */
async function step(_id: string, v: number): Promise<boolean> {
  try {
    await documents.bulkWrite([{ updateOne: { filter: { _id, v }, update: { $set: { v: v + 1 } }, upsert: true } }], {
      ordered: false,
    })
    return true
  } catch (error) {
    return refusals(error) !== undefined
  }
}

async function keepInserting(): Promise<void> {
  while (!stopping) await insertBatch()
}

process.on('message', () => {
  stopping = true
})
try {
  await Promise.all([keepInserting(), keepInserting(), count(`${name}:counter-a`), count(`${name}:counter-b`)])
  await client.close()
  process.exit(0)
} catch (error) {
  if (error instanceof MongoServerError) console.error(error.message)
  throw error
}
