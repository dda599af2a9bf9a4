import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { report } from '../../../tests/support/reports.ts'
import { freshStores } from '../../../tests/support/stores.ts'
import { connectMongo, type Mongo } from '../../core/mongo.ts'
import { must } from '../../core/must.ts'
import { cleared, finished, fold } from './fold.ts'
import { readHistory, storeFinished, type HistoryPage } from './history.ts'
import { HistoryDocs, type HistoryDoc } from './model.ts'

let stores: Awaited<ReturnType<typeof freshStores>>
let mongo: Mongo

beforeAll(async () => {
  stores = await freshStores()
  mongo = await connectMongo(stores.mongoUrl)
})
beforeEach(async () => {
  for (const noun of ['alarm-history', 'alarm-history-index']) await mongo.db.collection(noun).deleteMany({})
})
afterAll(async () => {
  await mongo?.close()
  await stores?.drop()
})

const minuteMs = 60_000
const day = Date.UTC(2026, 10, 20)

function episode(name: string, endedAt: number, tenant = 'acme'): HistoryDoc {
  const arrival = { report: report({ tenant, receivedAt: endedAt - 1_000 }), fresh: true, batch: 1 }
  const doc = must(fold(`${tenant}:${name}`, null, [arrival], 'n', 0), 'begins')
  return must(finished({ ...cleared(doc, endedAt), state: 'normal' }).ended?.[0], 'it ended')
}

interface Ask {
  cursor?: string | null
  limit?: number
  from?: number
  to?: number
  tenant?: string
  matches?: (doc: HistoryDoc) => boolean
}
const read = ({
  cursor = null,
  limit = 50,
  from = 0,
  to = day + 400 * minuteMs,
  tenant = 'acme',
  matches = () => true,
}: Ask = {}) => readHistory(mongo.db, { tenant, cursor, limit, from, to, matches })
const names = ({ items }: HistoryPage) => items.map(({ alarm }) => alarm.split(':')[1])

async function pages(ask: Ask): Promise<string[][]> {
  const found: string[][] = []
  for (let cursor: string | null = null; found.length < 50;) {
    const page: HistoryPage = await read({ ...ask, cursor })
    found.push(names(page).map(String))
    cursor = page.next
    if (cursor === null) return found
  }
  throw new Error('the pages have no end')
}

test('finished episodes come newest minute first, over days', async () => {
  const ends = [day, day + minuteMs, day + 90 * minuteMs, day - 30 * 24 * 60 * minuteMs]
  await storeFinished(
    mongo.db,
    ends.map((at, n) => episode(`a${n}`, at)),
  )
  expect(names(await read())).toEqual(['a2', 'a1', 'a0', 'a3'])
})

test('pages go on where the last one ended, within a minute too: each episode once', async () => {
  await storeFinished(
    mongo.db,
    Array.from({ length: 25 }, (_, n) => episode(`e${n}`, day + Math.floor(n / 8) * minuteMs)),
  )
  const found = await pages({ limit: 7 })
  expect(found.map(({ length }) => length)).toEqual([7, 7, 7, 4])
  expect(new Set(found.flat()).size).toBe(25)
})

test('what ends while somebody turns pages neither repeats nor hides what he has not seen', async () => {
  await storeFinished(
    mongo.db,
    Array.from({ length: 9 }, (_, n) => episode(`e${n}`, day + n * minuteMs)),
  )
  const first = await read({ limit: 4 })
  await storeFinished(mongo.db, [episode('late', day + 20 * minuteMs)])
  const second = await read({ limit: 50, cursor: first.next })
  expect([...names(first), ...names(second)].sort()).toEqual(Array.from({ length: 9 }, (_, n) => `e${n}`))
})

test('the same episode stored again is one', async () => {
  const one = episode('one', day)
  await storeFinished(mongo.db, [one])
  await storeFinished(mongo.db, [one, one])
  expect(names(await read())).toEqual(['one'])
  expect(await mongo.db.collection(HistoryDocs.noun).countDocuments()).toBe(1)
})

test('another tenant’s history is not there, a filter and a range leave out the rest', async () => {
  await storeFinished(mongo.db, [
    episode('mine', day),
    episode('theirs', day, 'globex'),
    episode('later', day + 5 * minuteMs),
  ])
  expect(names(await read())).toEqual(['later', 'mine'])
  expect(names(await read({ to: day + minuteMs }))).toEqual(['mine'])
  expect(names(await read({ from: day + minuteMs }))).toEqual(['later'])
  expect(names(await read({ matches: ({ alarm }) => alarm.endsWith('later') }))).toEqual(['later'])
})

test('a cursor that means nothing begins at the top', async () => {
  await storeFinished(mongo.db, [episode('a', day)])
  expect(names(await read({ cursor: 'nonsense' }))).toEqual(['a'])
})
