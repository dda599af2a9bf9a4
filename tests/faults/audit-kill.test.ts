import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { EVENTS, INBOX, type AuditEvent, type InboxEntry } from '../../server/core/audit.ts'
import { verifyChain } from '../../server/core/audit-verify.ts'
import { documents } from '../../server/core/mongo.ts'
import { Client } from '../support/client.ts'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { startServer, type TestServer } from '../support/server.ts'

const kills = Number(process.env['KILLS'] ?? 3)
const password = 'demo password of tests'
let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse()
  await seedDemoAccounts(house.core, password)
})
afterAll(() => house?.close())

const start = () =>
  startServer({
    MONGODB_URI: house.mongoUrl,
    REDIS_URL: house.redisUrl,
    DATA_DIR: house.dir,
    RATE_ADDRESS_PER_MINUTE: '1000000',
    RATE_OPERATOR_PER_MINUTE: '1000000',
    LEASE_RENEW_MS: '500',
    LEASE_EXPIRE_MS: '2000',
  })

test(`after ${kills} kills of the server every answered act stands in the trail exactly once, and the chain is sound`, async () => {
  const answered = new Set<string>()
  let inFlight = 0
  for (let kill = 0; kill < kills; kill++) {
    const server = await start()
    const admin = await Client.signedIn(server.url, 'admin@acme', password)
    const busy = Array.from({ length: 6 }, () => createUntilDead(admin, answered))
    // Kill in the middle of the work: after some answers, with others under way.
    const enough = answered.size + 15
    await expect.poll(() => answered.size, { timeout: 30_000, interval: 5 }).toBeGreaterThan(enough)
    await server.kill()
    inFlight += (await Promise.all(busy)).filter((unanswered) => unanswered).length
  }
  expect(inFlight).toBeGreaterThan(0)
  const last = await start()
  await settled(last)
  const rows = await documents<AuditEvent>(house.core.db, EVENTS).find({}).toArray()
  const created = rows.filter(
    ({ verb, noun, tenant }) => verb === 'create' && noun === 'departments' && tenant === 'acme',
  )
  const perCommand = Map.groupBy(created, ({ command }) => command.split(':').at(-1) ?? '')
  const missing = [...answered].filter((key) => !perCommand.has(key))
  const doubled = [...perCommand].filter(([, entries]) => entries.length > 1)
  console.log(`${answered.size} answered, ${inFlight} in flight at ${kills} kills, ${created.length} in the trail`)
  expect({ missing, doubled: doubled.map(([key]) => key) }).toEqual({ missing: [], doubled: [] })
  expect((await verifyChain(house.core.db, house.core.config, 'acme')).faults).toEqual([])
  await last.stop()
})

/** True when its last request got no answer. */
async function createUntilDead(admin: Client, answered: Set<string>): Promise<boolean> {
  for (;;) {
    const key = randomUUID()
    try {
      const { status } = await admin.post('/departments', { name: `Department ${key}` }, { 'Idempotency-Key': key })
      if (status === 201) answered.add(key)
      else return false
    } catch (error) {
      if (error instanceof TypeError) return true
      throw error
    }
  }
}

/** The new owner of the clock has moved everything into the chain. */
async function settled(server: TestServer): Promise<void> {
  const waiting = () => documents<InboxEntry>(house.core.db, INBOX).find({}).toArray()
  await expect
    .poll(async () => (await waiting()).length, { timeout: 60_000, message: server.lines.slice(-5).join('\n') })
    .toBe(0)
}
