import { expect, test } from 'vitest'
import { ownId, type Report } from '../../server/features/alarms/model.ts'
import { Client } from '../support/client.ts'
import { Installation, killed } from './kills/installation.ts'
import { preload } from './kills/preload.ts'
import { killRun } from './kills/run.ts'
import { withDatabase } from './kills/verify.ts'

const kills = 5

test(
  `R1 nothing that was accepted is lost or counted twice over ${kills} kills each of node, Redis and database`,
  { timeout: 240_000 },
  async () => {
    const seed = Date.now() % 100_000
    const result = await killRun({ kills: { node: kills, redis: kills, mongo: kills }, alarms: 500, between: 80, seed })
    const { lost, wrongCounts, lostActs, wrongRows, ...figures } = result
    console.log(`kills, seed ${seed}: ${JSON.stringify(figures)}`)
    expect({ lost, wrongCounts, lostActs, wrongRows }).toEqual({
      lost: [],
      wrongCounts: [],
      lostActs: [],
      wrongRows: [],
    })
    expect(result.surplus).toBe(0)
    expect(result.inFlight).toBeGreaterThanOrEqual(0.8 * result.kills)
  },
)

/** Posts batch after batch, then node and database die right behind the last acknowledgement. */
async function acceptedAndMissing(durable: boolean): Promise<{ accepted: number; missing: number }> {
  const made = await Installation.stores({ durable })
  try {
    const sender = await preload(made, 10)
    const node = await made.addNode()
    const client = Client.withToken(node.url, sender.token)
    const accepted: string[] = []
    for (let n = 0; n < 20; n++) {
      const batch = Array.from({ length: 20 }, (_, i) => ({
        id: `${n}-${i}`,
        type: 't',
        severity: 'low',
        host: `h${i}`,
      }))
      if ((await client.post('/alarms', batch)).status === 202) accepted.push(...batch.map(({ id }) => id))
    }
    await Promise.all([killed(node.child), made.mongo.kill()])
    await made.startMongo()
    const missing = await withDatabase(`${made.mongo.url}/deskwatch`, async (db) => {
      const reports = await db
        .collection<{ _id: string }>('alarm-reports')
        .find({}, { projection: { _id: 1 } })
        .toArray()
      const waiting = await db.collection<{ _id: string; reports: Report[] }>('intake').find({}).toArray()
      const kept = new Set([
        ...reports.map(({ _id }) => _id),
        ...waiting.flatMap((record) => record.reports.map(({ id }) => id)),
      ])
      return accepted.filter((id) => !kept.has(ownId('acme', sender.id, `id ${id}`))).length
    })
    return { accepted: accepted.length, missing }
  } finally {
    await made.end()
  }
}

test('R1 what was accepted is there when node and database die right behind the answer', async () => {
  expect(await acceptedAndMissing(true)).toEqual({ accepted: 400, missing: 0 })
})

test('R1 without the commit before the answer it is not (negative control)', async () => {
  let missing = 0
  let tries = 0
  for (; missing === 0 && tries < 5; tries++) missing = (await acceptedAndMissing(false)).missing
  console.log(`without the durable commit: ${missing} of 400 accepted reports lost, try ${tries}`)
  expect(missing).toBeGreaterThan(0)
})
