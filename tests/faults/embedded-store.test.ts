import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/stores/child.mjs'
import { spawnTied } from '../../scripts/stores/machine.mjs'
import { planMongo } from '../../scripts/stores/mongo.mjs'
import { startMongo, type TestStore } from '../support/stores.ts'

const KILLS = Number(process.env['STORE_KILLS'] ?? 4)
const READ_SECONDS = Number(process.env['STORE_READ_SECONDS'] ?? 4)

type Report = { inserted?: string[]; counter?: string; v?: number; lostAnswer?: boolean }

/** What two writer processes know to be stored. */
class Acknowledged {
  readonly ids = new Set<string>()
  readonly counters = new Map<string, number>()
  lostAnswers = 0
  readonly writers: ChildProcess[]

  constructor(url: string, names: string[]) {
    const program = join(import.meta.dirname, '../support/store-writer.ts')
    this.writers = names.map((name) => fork(program, [url, name], { execArgv: [] }))
    for (const writer of this.writers) writer.on('message', (report: Report) => this.take(report))
  }

  private take(report: Report) {
    for (const id of report.inserted ?? []) this.ids.add(id)
    if (report.counter) this.counters.set(report.counter, report.v ?? 0)
    if (report.lostAnswer) this.lostAnswers += 1
  }

  async grown(by: number, deadlineMs = 30_000): Promise<void> {
    const [goal, deadline] = [this.ids.size + by, Date.now() + deadlineMs]
    while (this.ids.size < goal) {
      if (Date.now() > deadline) throw new Error(`only ${this.ids.size} of ${goal} inserts acknowledged in time`)
      await delay(5)
    }
  }

  async finish(): Promise<void> {
    await Promise.all(
      this.writers.map((writer) => {
        const gone = once(writer, 'exit')
        writer.send('stop')
        return gone
      }),
    )
  }
}

let dir: string
let mongo: TestStore
const clients: MongoClient[] = []

async function documents() {
  const client = await MongoClient.connect(mongo.url)
  clients.push(client)
  return client.db('faults').collection<{ _id: string; v: number; text?: string }>('documents')
}

async function start(durable: boolean, port = 0) {
  mongo = await startMongo({ dir, port, durable, embedded: true })
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deskwatch-embedded-'))
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await mongo.kill()
  await rm(dir, { recursive: true, force: true })
})

/** Starts the server by its plan and kills it as soon as the new file is there and not yet in the place of the old. */
async function killedWhileCompacting(file: string) {
  const { command, args } = await planMongo({ dir, port: await freePort(), embedded: true })
  const child = spawnTied(command, args, { stdio: 'ignore' })
  const gone = once(child, 'exit')
  const deadline = Date.now() + 30_000
  while (!existsSync(`${file}.compact`) && Date.now() < deadline) await delay(1)
  child.kill('SIGKILL')
  await gone
  expect(existsSync(`${file}.compact`)).toBe(true)
}

/** What is on disk after the crash, held against what was acknowledged. */
async function compare(acknowledged: Acknowledged) {
  const collection = await documents()
  const stored = new Map((await collection.find().toArray()).map((one) => [one._id, one.v]))
  const lost = [...acknowledged.ids].filter((id) => !stored.has(id))
  const wentBack = [...acknowledged.counters].filter(([id, v]) => (stored.get(id) ?? 0) < v)
  const notIndexed: string[] = []
  const ids = [...stored.keys()]
  for (let i = 0; i < ids.length; i += 200) {
    const part = ids.slice(i, i + 200)
    const found = new Set((await collection.find({ _id: { $in: part } }).toArray()).map((one) => one._id))
    notIndexed.push(...part.filter((id) => !found.has(id)))
  }
  return { stored: stored.size, lost, wentBack, notIndexed }
}

describe('the embedded MongoDB', () => {
  test(`R1 keeps every acknowledged write over ${KILLS} kills with two processes writing`, async () => {
    await start(true)
    await (await documents()).createIndexes([{ key: { _id: 1, v: 1 }, unique: true }])
    const acknowledged = new Acknowledged(mongo.url, ['w1', 'w2'])
    let hits = 0
    for (let i = 0; i < KILLS; i++) {
      await acknowledged.grown(200 + ((i * 137) % 300))
      const before = acknowledged.lostAnswers
      await mongo.kill()
      const port = mongo.port
      await start(true, port)
      await acknowledged.grown(40)
      hits += acknowledged.lostAnswers > before ? 1 : 0
    }
    await acknowledged.finish()
    await mongo.kill()
    await start(true, mongo.port)
    const found = await compare(acknowledged)
    const kept = acknowledged.ids.size
    console.log(
      `embedded store: ${KILLS + 1} kills, ${hits} with a write in flight, ${kept} inserts acknowledged, ` +
        `${[...acknowledged.counters.values()].reduce((a, b) => a + b, 0)} steps, lost ${found.lost.length}`,
    )
    expect(hits).toBeGreaterThanOrEqual(Math.ceil(KILLS * 0.8))
    expect(found).toMatchObject({ lost: [], wentBack: [], notIndexed: [] })
  })

  test('R1 loses acknowledged writes without the commit before the answer (negative control)', async () => {
    await start(false)
    const acknowledged = new Acknowledged(mongo.url, ['w1', 'w2'])
    let lost: string[] = []
    let kills = 0
    for (; lost.length === 0 && kills < 5; kills++) {
      await acknowledged.grown(1500)
      await mongo.kill()
      const ids = [...acknowledged.ids]
      await start(false, mongo.port)
      const rows = await (await documents()).find({}, { projection: { _id: 1 } }).toArray()
      const stored = new Set(rows.map((one) => one._id))
      lost = ids.filter((id) => !stored.has(id))
    }
    await acknowledged.finish()
    console.log(`embedded store without durable commit: ${lost.length} acknowledged inserts lost in ${kills} kill(s)`)
    expect(lost.length).toBeGreaterThan(0)
  })

  test('keeps everything when it is asked to end', async () => {
    await start(true)
    const collection = await documents()
    await collection.insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: `a:${i}`, v: 1 })))
    await mongo.stop()
    await start(true, mongo.port)
    expect(await (await documents()).countDocuments()).toBe(500)
  })

  test('a second process on the same folder is refused and says why', async () => {
    await start(true)
    await expect(startMongo({ dir, embedded: true })).rejects.toThrow(/another process serves/)
  })

  test('a file that kills left mostly empty is small after the next start, also when that start is killed', async () => {
    await start(true)
    const text = (letter: string) => letter.repeat(400_000)
    const ids = Array.from({ length: 100 }, (_, i) => `a:${i}`)
    await (await documents()).insertMany(ids.map((_id) => ({ _id, v: 0, text: text('a') })))
    const file = join(dir, 'store.mv')
    const megabytes = async () => Math.round((await stat(file)).size / 2 ** 20)
    for (let v = 1; (await megabytes()) < 200 || v < 3; v++)
      await (
        await documents()
      ).bulkWrite(
        ids.map((_id) => ({ updateOne: { filter: { _id }, update: { $set: { v, text: text('b') } } } })),
        { ordered: false },
      )
    const stored = (await (await documents()).find().toArray()).map(({ _id, v }) => ({ _id, v }))
    await mongo.kill()

    await killedWhileCompacting(file)
    expect(await megabytes()).toBeGreaterThanOrEqual(200)

    await start(true, mongo.port)
    expect(await megabytes()).toBeLessThan(100)
    const kept = await (await documents()).find().toArray()
    expect(kept.map(({ _id, v }) => ({ _id, v }))).toEqual(stored)
    expect(new Set(kept.map((one) => one.text))).toEqual(new Set([text('b')]))
    expect(await (await documents()).findOne({ _id: 'a:7' })).toMatchObject({ text: text('b') })
  })

  test('reads a whole collection while it is being updated', async () => {
    await start(true)
    const collection = await documents()
    await collection.createIndexes([{ key: { _id: 1, v: 1 }, unique: true }])
    const size = 6000
    const all = Array.from({ length: size }, (_, i) => ({ _id: `a:${i}`, v: 0, text: 'x'.repeat(300) }))
    await collection.insertMany(all)
    const until = Date.now() + READ_SECONDS * 1000
    const update = async (part: number) => {
      for (let v = 0; Date.now() < until; v++) {
        const ids = Array.from({ length: 100 }, (_, i) => `a:${part * 100 + i}`)
        await collection.bulkWrite(
          ids.map((_id) => ({ updateOne: { filter: { _id, v }, update: { $set: { v: v + 1 } } } })),
          { ordered: false },
        )
      }
    }
    const read = async () => {
      let reads = 0
      for (; Date.now() < until; reads++) {
        const seen = new Set<string>()
        for await (const one of collection.find({}, { readConcern: 'majority' }).batchSize(500)) seen.add(one._id)
        expect(seen.size).toBe(size)
      }
      return reads
    }
    const [reads] = await Promise.all([read(), update(0), update(1), update(2)])
    expect(reads).toBeGreaterThan(0)
  })
})
