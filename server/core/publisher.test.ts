import { expect, test } from 'vitest'
import { silent } from '../../tests/support/write-path.ts'
import { until } from '../../tests/support/until.ts'
import { createMetrics } from './metrics.ts'
import { Publisher } from './publisher.ts'

type Entry = [string, { _id: string; v: number }][]

/** A log that takes an entry when the test lets it. */
class SlowLog {
  readonly entries: Entry[] = []
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []

  async append(data: string): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    const entry: Entry = JSON.parse(data)
    this.entries.push(entry)
  }

  async next(outcome: 'taken' | 'failed' = 'taken'): Promise<void> {
    await until('an entry is sent', () => this.#waiting.length > 0)
    const { resolve, reject } = this.#waiting.shift() ?? { resolve: () => undefined, reject: () => undefined }
    if (outcome === 'taken') resolve()
    else reject(new Error('away'))
  }

  get versions() {
    return this.entries.map((entry) => entry.map(([, { _id, v }]) => `${_id}@${v}`))
  }
}

const doc = (id: string, v: number) => ({ _id: id, v, tenant: 'acme' })
function open() {
  const log = new SlowLog()
  const publisher = new Publisher(log, silent, createMetrics())
  const publish = (...docs: ReturnType<typeof doc>[]) => publisher.publish(docs.map((one) => ['things', one]))
  return { log, publisher, publish }
}

test('S6 what is committed while an entry is on its way goes together into the next one', async () => {
  const { log, publish, publisher } = open()
  publish(doc('a', 1))
  publish(doc('b', 1), doc('c', 1))
  await log.next()
  await log.next()
  await publisher.drained()
  expect(log.versions).toEqual([['a@1'], ['b@1', 'c@1']])
})

test('S6 Redis away: the newest version of each document waits and is told once it is back', async () => {
  const { log, publish, publisher } = open()
  publish(doc('a', 1))
  await log.next('failed')
  publish(doc('a', 3), doc('a', 2), doc('b', 1))
  await log.next('failed')
  await log.next()
  await publisher.drained()
  expect(log.versions).toEqual([['a@3', 'b@1']])
})

test('S2 what is given later does not prolong the wait for what was given before', async () => {
  const { log, publish, publisher } = open()
  publish(doc('a', 1))
  let drained = false
  const waiting = publisher.drained().then(() => (drained = true))
  publish(doc('a', 2), doc('b', 1))
  await log.next()
  await waiting
  expect(drained).toBe(true)
  expect(log.versions).toEqual([['a@1']])
  await log.next()
  await publisher.drained()
})

test('S13 the age of the oldest untold change grows while others are told', async () => {
  const { log, publish, publisher } = open()
  expect(publisher.behindFor()).toBe(0)
  publish(...Array.from({ length: 41 }, (_, i) => doc(`x${i}`, 1)))
  await until('time goes by', () => publisher.behindFor() > 30)
  await log.next()
  await until('the first entry is in', () => log.entries.length === 1)
  expect(publisher.behindFor()).toBeGreaterThan(30)
  await log.next()
  await publisher.drained()
  expect(publisher.behindFor()).toBe(0)
})
