/** A whole installation of a test's own: stores, demo accounts, one or more nodes on free ports. */
import { randomUUID } from 'node:crypto'
import type { Permission } from '#wire'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { must } from '../../server/core/must.ts'
import { Client } from './client.ts'
import { openTestHouse, type TestHouse } from './house.ts'
import { startServer, type TestServer } from './server.ts'
import { until } from './until.ts'

export const demoPassword = 'demo password of tests'

export interface Deskwatch {
  /** Address of the first node. */
  origin: string
  nodes: TestServer[]
  house: TestHouse
  token: (scope: Permission, tenant?: string) => Promise<string>
  signIn: (username: string, node?: number) => Promise<Client>
  /** Posts that many distinct alarms and waits until they stand in the list. */
  seedAlarms: (count: number, tenant?: string) => Promise<void>
  /** Documents of each collection: what a refused request must leave as it was. */
  stored: () => Promise<Record<string, number>>
  /** What the nodes logged as errors: nothing a client does may cause one. */
  faults: () => string[]
  /** Starts a node anew on its port, after it was stopped or killed. */
  restart: (node?: number, more?: Record<string, string>) => Promise<void>
  stop: () => Promise<void>
}

export async function startDeskwatch({
  nodes = 1,
  env = {},
}: { nodes?: number; env?: Record<string, string> } = {}): Promise<Deskwatch> {
  const house = await openTestHouse()
  await seedDemoAccounts(house.core, demoPassword)
  const settings = { MONGODB_URI: house.mongoUrl, REDIS_URL: house.redisUrl, DATA_DIR: house.dir, ...env }
  const running = await Promise.all(Array.from({ length: nodes }, () => startServer(settings)))
  const past: string[] = []
  const urlOf = (node: number) => must(running[node], `node ${node} runs`).url
  const signIn = (username: string, node = 0) => Client.signedIn(urlOf(node), username, demoPassword)
  const token = async (scope: Permission, tenant = 'acme') => {
    const admin = await signIn(`admin@${tenant}`)
    const answer = await admin.post('/tokens', { name: `${scope} ${randomUUID()}`.slice(0, 60), scopes: [scope] })
    if (answer.status >= 300)
      throw new Error(`no token: ${JSON.stringify(answer.body)}\n${running[0]?.lines.slice(-3).join('\n')}`)
    const made = answer.as<{ token: string }>()
    await Promise.all(running.map(({ url }) => until(`${url} knows the token`, () => isKnown(url, made.token))))
    return made.token
  }
  return {
    origin: urlOf(0),
    nodes: running,
    house,
    token,
    signIn,
    async seedAlarms(count, tenant = 'acme') {
      const sender = Client.withToken(urlOf(0), await token('alarms:write', tenant))
      for (let at = 0; at < count; at += 1_000) {
        const reports = Array.from({ length: Math.min(1_000, count - at) }, (_, n) => seedReport(at + n))
        await until('a batch is accepted', async () => (await sender.post('/alarms', reports)).status === 202)
      }
      const reader = await signIn(`operator@${tenant}`)
      await until(
        `${count} alarms stand in the list`,
        async () => (await reader.get('/alarms?limit=1')).as<{ total: number }>().total >= count,
        60,
      )
    },
    async stored() {
      const collections = await house.core.db.listCollections().toArray()
      const counts = collections.map(
        async ({ name }) => [name, await house.core.db.collection(name).countDocuments()] as const,
      )
      return Object.fromEntries((await Promise.all(counts)).sort(([a], [b]) => a.localeCompare(b)))
    },
    faults: () => past.concat(running.flatMap(({ lines }) => lines)).filter((line) => /"level":(50|60)/.test(line)),
    async restart(node = 0, more = {}) {
      past.push(...must(running[node], `node ${node} ran`).lines)
      running[node] = await startServer({ ...settings, PORT: new URL(urlOf(node)).port, ...more })
    },
    async stop() {
      await Promise.all(running.map((server) => server.stop()))
      await house.close()
    },
  }
}

const severities = ['critical', 'high', 'medium', 'low'] as const
const seedReport = (n: number) => ({
  type: 'stutter',
  severity: must(severities[n % 4], 'four severities'),
  desktop: `ACME-SEED-${String(n).padStart(5, '0')}`,
  summary: `frames skipped, number ${n}`,
  endsAt: new Date(Date.now() + 3600_000).toISOString(),
})

/** A known token is refused for what it lacks or sends, an unknown one for being unknown. */
async function isKnown(url: string, token: string): Promise<boolean> {
  return (await Client.withToken(url, token).post('/alarms', [])).status !== 401
}
