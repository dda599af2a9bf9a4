import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStores } from '../tests/support/stores.ts'
import { silent } from '../tests/support/write-path.ts'
import { connectMongo, ensureIndexes, type Mongo } from '../server/core/mongo.ts'
import { forgetLogs, LogChunks, mostLogBytes, readLog } from '../server/features/work-orders/jobs.ts'
import { OrderLog } from './order-log.ts'

let stores: Awaited<ReturnType<typeof freshStores>>
let mongo: Mongo
beforeAll(async () => {
  stores = await freshStores()
  mongo = await connectMongo(stores.mongoUrl)
  await ensureIndexes(mongo.db, [LogChunks])
})
afterAll(async () => {
  await mongo?.close()
  await stores?.drop()
})

const logOf = (order: string, attempt = 1) => new OrderLog({ db: mongo.db, logger: silent, order, attempt })

/** As a page does: on from where it is, until nothing comes. */
async function readAll(order: string, attempt = 1): Promise<string> {
  let text = ''
  for (let offset = 0; ;) {
    const page = await readLog(mongo.db, order, attempt, offset)
    if (page.next === offset) return text
    text += page.text
    offset = page.next
  }
}

test('a log is read as it was written, in pieces that never cut a character', async () => {
  const log = logOf('acme:a')
  const lines = Array.from({ length: 2_000 }, (_, n) => `第 ${n} 行：检查完成 ✓`)
  for (const [n, line] of lines.entries()) {
    log.line(line)
    if (n % 100 === 0) await log.flush()
  }
  await log.flush()
  const text = await readAll('acme:a')
  expect(text).not.toContain('\uFFFD')
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(13)),
  ).toEqual(lines)
  expect(Buffer.byteLength(text)).toBe(log.bytes)
})

test('a log without end is cut at its limit and says so; the next attempt has one of its own', async () => {
  const log = logOf('acme:b')
  for (let n = 0; n < 1_500; n++) log.line('x'.repeat(1_000))
  await log.flush()
  expect(log.standing).toMatchObject({ truncated: true })
  expect(log.bytes).toBeLessThan(mostLogBytes + 1_000)
  expect((await readAll('acme:b')).trimEnd().endsWith('reached its limit')).toBe(true)
  const second = logOf('acme:b', 2)
  second.line('again')
  await second.flush()
  expect(await readAll('acme:b', 2)).toContain('again')
  await forgetLogs(mongo.db, { _id: 'acme:b', logs: [log.standing, second.standing] })
  expect(await readAll('acme:b')).toBe('')
})
