/** A whole Deskwatch of the bench's own beside the two baselines, on stores in a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMongo } from '../../scripts/stores/mongo.mjs'
import { startRedis } from '../../scripts/stores/redis.mjs'
import { systemCtx } from '../../server/core/access.ts'
import { readConfig } from '../../server/core/config.ts'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { openHouse, untilReady, type House } from '../../server/core/house.ts'
import { isRefusal } from '../../server/core/problems.ts'
import { AlarmDocs } from '../../server/features/alarms/model.ts'
import { createToken } from '../../server/features/tenants/service.ts'
import { rooms } from '../../server/rooms.ts'
import { alarmDoc, TENANT } from './documents.ts'
import { startBaseline, startClients, startDeskwatch, type Listening, type Program } from './programs.ts'
import type { Target } from './client-kinds.ts'

const PASSWORD = 'bench only 4711'
const seedAtOnce = 300

export interface Installation {
  house: House
  server: Listening
  raw: Listening
  plain: Listening
  clients: Program
  token: string
  mongoUrl: string
  engines: string
  open: number
  /** As an operator's browser would come. */
  target: Target
  env: Record<string, string>
  seed: (count: number) => Promise<void>
  restart: () => Promise<void>
  close: () => Promise<void>
}

export async function install(open: number, profileDir?: string): Promise<Installation> {
  const dir = await mkdtemp(join(tmpdir(), 'deskwatch-bench-'))
  const [redis, mongo] = await Promise.all([
    startRedis({ dir: join(dir, 'redis') }),
    startMongo({ dir: join(dir, 'mongo') }),
  ])
  const mongoUrl = `${mongo.url}/deskwatch`
  const env = { MONGODB_URI: mongoUrl, REDIS_URL: redis.url, DATA_DIR: join(dir, 'data') }
  const { all } = rooms()
  const house = await openHouse(readConfig({ ...env, LOG_LEVEL: 'warn' }), all, 'bench')
  await untilReady(house.core)
  await house.log.open()
  await seedDemoAccounts(house.core, PASSWORD)
  const token = await tokenFor(house)
  let seeded = 0
  const seed = async (count: number) => {
    for (; seeded < count; seeded += seedAtOnce) {
      const docs = Array.from({ length: Math.min(seedAtOnce, count - seeded) }, (_, index) =>
        alarmDoc('s', seeded + index, 0),
      )
      await house.core.changes.write(docs.map((doc) => ({ collection: AlarmDocs, doc, base: 0 })))
    }
    await house.core.changes.published(60_000)
  }
  await seed(open)
  const [server, raw, plain] = await Promise.all([
    startDeskwatch(env, profileDir),
    startBaseline('raw-ws', redis.url),
    startBaseline('plain-socket-io', redis.url),
  ])
  const clients = startClients()
  const installation: Installation = {
    house,
    server,
    raw,
    plain,
    clients,
    token,
    mongoUrl,
    engines: `${mongo.engine}; ${redis.engine}`,
    open,
    target: { url: server.url, cookie: await signIn(server.url) },
    env,
    seed,
    async restart() {
      await installation.server.program.stop()
      installation.server = await startDeskwatch(env, profileDir)
      installation.target = { ...installation.target, url: installation.server.url }
    },
    async close() {
      await Promise.all(
        [clients, installation.server.program, raw.program, plain.program].map((program) => program.stop()),
      )
      await house.close()
      await Promise.all([redis.stop(), mongo.stop()])
      await rm(dir, { recursive: true, force: true })
    },
  }
  return installation
}

async function tokenFor({ core }: House): Promise<string> {
  const made = await createToken(systemCtx(core, TENANT, 'bench', `${TENANT}:bench:token`), {
    name: 'bench',
    scopes: ['alarms:write'],
  })
  if (isRefusal(made)) throw new Error(`no token: ${made.refused}`)
  return made.token
}

async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: `operator@${TENANT}`, password: PASSWORD }),
  })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0]
  if (!answer.ok || !cookie) throw new Error(`no session: ${answer.status} ${await answer.text()}`)
  return cookie
}

export async function post(installation: Installation, reports: object | object[]): Promise<number> {
  const answer = await fetch(`${installation.server.url}/api/v1/alarms`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${installation.token}` },
    body: JSON.stringify(reports),
  })
  await answer.arrayBuffer()
  return answer.status
}
