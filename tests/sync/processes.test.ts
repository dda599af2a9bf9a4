import { randomInt } from 'node:crypto'
import type { Document } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { must } from '../../server/core/must.ts'
import type { AlarmRow } from '../../server/features/alarms/contract.ts'
import { AlarmDocs, ReportDocs } from '../../server/features/alarms/model.ts'
import type { AlarmDoc } from '../../server/features/alarms/model.ts'
import { AlarmView } from '../../server/features/alarms/row.ts'
import { Client } from '../support/client.ts'
import { until } from '../support/until.ts'
import { Console } from './processes/console.ts'
import { Faults } from './processes/faults.ts'
import { password, startInstallation, type Installation } from './processes/installation.ts'
import { Workload } from './processes/workload.ts'

/** SYNC_SECONDS=600 for a soak: faults follow each other without end. */
const seconds = Number(process.env['SYNC_SECONDS'] ?? 9)
const seed = Number(process.env['SYNC_SEED'] ?? randomInt(1, 2_000_000_000))
const faults = new Faults(seed)
const consoles: Console<AlarmRow>[] = []
const tenants = ['acme', 'globex']
let installation: Installation
let workload: Workload
const tokens: Record<string, string> = {}
const cookies: Record<string, string> = {}

beforeAll(async () => {
  installation = await startInstallation()
  workload = new Workload(faults, installation.urls)
  const url = () => faults.chance.pick(installation.urls())
  for (const tenant of tenants) {
    const admin = await Client.signedIn(url(), `admin@${tenant}`, password)
    const made = await admin.post('/tokens', { name: 'sync', scopes: ['alarms:write'] })
    tokens[tenant] = made.as<{ token: string }>().token
    const operator = await Client.signedIn(url(), `operator@${tenant}`, password)
    const viewer = await Client.signedIn(url(), `viewer@${tenant}`, password)
    cookies[tenant] = must(operator.cookie, 'signed in')
    const seat = { tenant, cookie: must(operator.cookie, 'signed in') }
    consoles.push(new Console({ ...seat, name: `${tenant} desk`, masked: false, surface: 'desk' }, faults, url))
    consoles.push(new Console({ ...seat, name: `${tenant} phone`, masked: false, surface: 'phone' }, faults, url))
    const wall = { tenant, cookie: must(viewer.cookie, 'signed in'), masked: true, surface: 'wall' as const }
    consoles.push(new Console({ ...wall, name: `${tenant} wall` }, faults, url))
  }
}, 90_000)

afterAll(async () => {
  for (const console of consoles) console.close()
  await installation?.stop()
})

it(
  `S1–S16: two real nodes under kills, stops and a Redis that forgets: every screen ends as the database (SYNC_SEED=${seed})`,
  { timeout: (seconds + 120) * 1000 },
  async () => {
    await until('every console is whole', () => consoles.every(({ view }) => view.whole), 30)
    const started = performance.now()
    const working: Promise<unknown>[] = []
    const work = setInterval(() => working.push(workOnce()), 60)
    const watch = setInterval(noteLies, 100)
    for (let round = 0; round === 0 || performance.now() - started < seconds * 1000; round++) await befall()
    clearInterval(work)
    await Promise.all(working)
    faults.on = false
    const healed = performance.now()
    await until(
      'every screen equals the database and says LIVE',
      async () => (await wrongScreens()).length === 0,
      60,
    ).catch(async (error: unknown) => {
      throw new Error(`${(await wrongScreens()).join('\n')}\n${installation.lines().join('\n')}`, { cause: error })
    })
    const restMs = performance.now() - healed
    clearInterval(watch)
    report(restMs)

    expect(consoles.flatMap(({ wrongs }) => wrongs)).toEqual([])
    expect(workload.unanswered).toEqual([])
    expect(await lostReports()).toEqual([])
    expect(workload.accepted.length).toBeGreaterThan(50)
    expect(workload.acted.length).toBeGreaterThan(5)
    const missed = [
      ...Object.keys(installation.faults),
      'frame dropped',
      'frame doubled',
      'heartbeat dropped',
      'hung up',
    ]
    expect(
      missed.filter((fault) => !faults.hits[fault]),
      'faults that were not hit',
    ).toEqual([])
  },
)

/** Each fault once per round, in an order drawn from the seed. */
async function befall(): Promise<void> {
  const names = Object.keys(installation.faults) as (keyof Installation['faults'])[]
  names.sort(() => faults.chance.random() - 0.5)
  for (const name of names) {
    await installation.faults[name](faults.chance.below(2))
    faults.hit(name)
    faults.chance.pick(consoles).hangUp()
    faults.hit('hung up')
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

async function workOnce(): Promise<void> {
  const tenant = faults.chance.pick(tenants)
  if (faults.chance.chance(0.7)) return workload.report(tenant, must(tokens[tenant], 'has a token'))
  const desk = consoles.find(({ seat }) => seat.tenant === tenant)
  const open = [...(desk?.view.rows.values() ?? [])].filter(({ state }) => state !== 'acknowledged').map(({ id }) => id)
  if (open.length > 0) await workload.acknowledge(tenant, must(cookies[tenant], 'signed in'), open.slice(0, 3))
}

/** LIVE: what was answered five seconds ago is on the screen. */
function noteLies(): void {
  const then = performance.now() - 5_000
  for (const console of consoles) {
    if (console.says !== 'live') continue
    for (const { tenant, id, v, at } of workload.acted) {
      const shown = console.view.version(id)
      if (tenant === console.seat.tenant && at < then && shown !== undefined && shown < v) {
        console.wrongs.push(
          `${console.seat.name} says LIVE and shows ${id} v${shown}, v${v} was answered ${then - at + 5_000} ms ago`,
        )
      }
    }
  }
}

async function wrongScreens(): Promise<string[]> {
  const docs = await installation.db.collection<Document & { _id: string }>(AlarmDocs.noun).find({}).toArray()
  const wrong: string[] = []
  for (const { seat, view, says } of consoles) {
    const due = new Map<string, { v: number; row: AlarmRow }>()
    for (const doc of docs) {
      // The collection holds alarms only.
      const alarm = doc as unknown as AlarmDoc
      const row = alarm.tenant === seat.tenant ? AlarmView.present(alarm, seat.masked) : null
      if (row) due.set(alarm._id, { v: alarm.v, row })
    }
    if (says !== 'live') wrong.push(`${seat.name} says ${says}`)
    if (view.rows.size !== due.size) wrong.push(`${seat.name} shows ${view.rows.size} rows, ${due.size} are due`)
    for (const [id, { v, row }] of due) {
      const same = JSON.stringify(view.rows.get(id)) === JSON.stringify(row)
      if (view.version(id) !== v || !same) wrong.push(`${seat.name} shows ${id} v${view.version(id)}, v${v} is due`)
    }
  }
  return wrong
}

/** Accepted reports that are not in the database exactly once; each carries its number in its summary. */
async function lostReports(): Promise<string[]> {
  const stored = await installation.db.collection<Document & { _id: string }>(ReportDocs.noun).find({}).toArray()
  const times = new Map<string, number>()
  for (const { tenant, summary } of stored)
    times.set(`${tenant} ${summary}`, (times.get(`${tenant} ${summary}`) ?? 0) + 1)
  return workload.accepted
    .map(({ tenant, summary }) => `${tenant} ${summary}`)
    .filter((report) => times.get(report) !== 1)
}

function report(restMs: number): void {
  const sum = (of: (console: Console<AlarmRow>) => number) =>
    consoles.reduce((total, console) => total + of(console), 0)
  const lines = [
    `seed ${seed}: accepted ${workload.accepted.length} reports and ${workload.acted.length} acts, lost 0`,
    `deliveries ${sum(({ deliveries }) => deliveries)}, rows painted ${sum(({ painted }) => painted)}, back in step after ${Math.round(restMs)} ms`,
    ...Object.entries(faults.hits).map(([fault, times]) => `  ${String(times).padStart(6)} ${fault}`),
  ]
  console.info(lines.join('\n'))
}
