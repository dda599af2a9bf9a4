/** Flood and quality of alarms, with windows thirty times shorter than the standard's: 20 s for ten minutes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import type { FloodNow, Proposal, Quality, Range } from '#contract/alarm-quality'
import { must } from '../../server/core/must.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'
import { Watcher } from '../support/watcher.ts'

let deskwatch: Deskwatch
let sender: Client
let operator: Client
let screen: Watcher<AlarmRow>

beforeAll(async () => {
  deskwatch = await startDeskwatch({
    env: {
      FLOOD_WINDOW_SECONDS: '20',
      CHATTER_SECONDS: '60',
      CHATTER_CALM_SECONDS: '6',
      FLEETING_SECONDS: '4',
      STALE_SECONDS: '5',
    },
  })
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  operator = await deskwatch.signIn('operator@acme')
  screen = new Watcher<AlarmRow>(deskwatch.origin, must(operator.cookie, 'signed in'), 'alarms')
})
afterAll(async () => {
  screen?.close()
  await deskwatch?.stop()
})

const far = () => new Date(Date.now() + 3600_000).toISOString()
const report = async (desktop: string, status: 'firing' | 'cleared' = 'firing', more: object = {}) => {
  const body = {
    type: 'stutter',
    severity: 'medium',
    desktop,
    status,
    ...(status === 'firing' && { endsAt: far() }),
    ...more,
  }
  expect((await sender.post('/alarms', body)).status).toBe(202)
}
const rowOf = (desktop: string) => [...screen.view.rows.values()].find((row) => row.desktop === desktop)
const flood = () => screen.view.values.get('flood') as FloodNow | null | undefined
const quality = async (range: Range, client = operator) =>
  (await client.get(`/alarm-quality?range=${range}`)).as<Quality>()
const proposals = async () => (await operator.get('/alarm-proposals')).as<{ items: Proposal[] }>().items

test('an alarm that comes and goes chatters, one that is over at once is fleeting, one that stands is stale', async () => {
  await report('CHATTER')
  for (const status of ['cleared', 'firing', 'cleared', 'firing'] as const) {
    await until('it was folded', () => (rowOf('CHATTER')?.state === 'unacknowledged') === (status === 'cleared'))
    await report('CHATTER', status)
  }
  await until('it chatters', () => rowOf('CHATTER')?.marks.includes('chattering') === true)

  await report('FLEETING')
  await report('FLEETING', 'cleared')
  await until('it is fleeting', () => rowOf('FLEETING')?.marks.join() === 'fleeting')
  expect(rowOf('FLEETING')).toMatchObject({ state: 'rtn-unacknowledged' })

  await until('the chatterer calmed down and became stale', () => rowOf('CHATTER')?.marks.join() === 'stale')
  const { total, items } = (await operator.get('/alarms?mark=stale')).as<{ total: number; items: AlarmRow[] }>()
  expect({ total, desktop: items[0]?.desktop }).toEqual({ total: 1, desktop: 'CHATTER' })
  await report('CHATTER', 'cleared')
  await until('cleared, it is stale no more', () => rowOf('CHATTER')?.marks.length === 0)
  const { begun, now } = await quality('1h')
  // The chatterer was fleeting twice before it was known to chatter.
  expect(begun).toMatchObject({ chattering: 1, stale: 1, fleeting: 3 })
  expect(now).toMatchObject({ chattering: 0, stale: 0, fleeting: 1 })
})

test('a flood begins above ten alarms in the window and is told on every screen; a restart changes nothing of it', async () => {
  for (let n = 0; n < 12; n++) await report(`FLOOD-${n}`, 'firing', { severity: n === 0 ? 'critical' : 'low' })
  await until('the screen says flood', () => typeof flood()?.since === 'number')
  const begun = must(flood(), 'just seen')
  expect(begun).toMatchObject({ begin: 10, end: 5, windowMs: 20_000 })
  expect(begun.alarms).toBeGreaterThan(10)

  await deskwatch.nodes[0]?.kill()
  await deskwatch.restart()
  const told = screen.asks
  await until('the screen is back', () => screen.asks > told && screen.view.whole)
  await until('it hears of the flood again', () => flood()?.since === begun.since)
  expect(flood()?.alarms).toBeGreaterThanOrEqual(begun.alarms)

  await until('the flood has ended', () => (flood() ?? null) === null, 40)
  const { floods, annunciated, bySeverity, flooded, topTen } = await quality('8h')
  expect(floods[0]).toMatchObject({ since: begun.since })
  expect(must(floods[0]?.until, 'it ended') - begun.since).toBeGreaterThan(10_000)
  // Three of the chatterer, one fleeting, twelve of the flood: none lost by the kill.
  expect({ annunciated, bySeverity }).toEqual({ annunciated: 16, bySeverity: [1, 0, 4, 11] })
  expect(flooded).toBeGreaterThan(0)
  expect(topTen[0]).toMatchObject({ place: 'CHATTER', n: 3 })
})

test('periods agree, and are per operator position once an administrator says how many there are', async () => {
  const admin = await deskwatch.signIn('admin@acme')
  const set = (client: Client, positions: number) => client.request('PUT', '/alarm-quality/settings', { positions })
  expect((await set(operator, 2)).status).toBe(403)
  expect((await set(admin, 0)).status).toBe(400)
  const before = await quality('24h')
  expect((await set(admin, 2)).status).toBe(200)
  const after = await quality('24h')
  expect(after).toMatchObject({ positions: 2, annunciated: before.annunciated })
  expect(after.peak.n).toBe(before.peak.n / 2)
  for (const range of ['1h', '8h', '7d', '30d'] as const)
    expect(await quality(range)).toMatchObject({ annunciated: before.annunciated, bySeverity: before.bySeverity })
  expect((await set(admin, 1)).status).toBe(200)
  const globex = await deskwatch.signIn('operator@globex')
  expect(await quality('24h', globex)).toMatchObject({ annunciated: 0, topTen: [], floods: [] })
  expect((await operator.get('/alarm-quality?range=1y')).status).toBe(400)
})

test('a chatterer is proposed for the shelf with its figures, and the act is the one that shelves it', async () => {
  await report('SHAKY')
  for (const status of ['cleared', 'firing', 'cleared', 'firing'] as const) {
    await until('it was folded', () => (rowOf('SHAKY')?.state === 'unacknowledged') === (status === 'cleared'))
    await report('SHAKY', status)
  }
  const find = async () => (await proposals()).find(({ about }) => about[0] === 'SHAKY')
  await until('it is proposed', async () => (await find()) !== undefined)
  const proposal = must(await find(), 'just seen')
  expect(proposal).toMatchObject({ kind: 'shelve-chatterer', n: 3, minutes: 60, does: { act: 'shelve', minutes: 60 } })

  const path = `/alarm-proposals/${encodeURIComponent(proposal.id)}/actions`
  const viewer = await deskwatch.signIn('viewer@acme')
  expect((await viewer.post(`${path}/dismiss`, {})).status).toBe(403)
  expect((await operator.post(`${path}/dismiss`, { days: 1 })).status).toBe(200)
  expect(await find()).toBeUndefined()
  expect((await operator.post(`${path}/restore`, {})).status).toBe(200)
  const again = must(await find(), 'restored')

  if (again.does.act !== 'shelve') throw new Error('shelving was proposed')
  const { ids, minutes } = again.does
  const answer = await operator.post('/alarms/actions/shelve', { ids, minutes, reason: 'chattering' })
  expect(answer.as<{ results: { ok: boolean }[] }>().results).toMatchObject([{ ok: true }])
  await until('it is shelved', () => rowOf('SHAKY')?.state === 'shelved')
  expect(await find()).toBeUndefined()
  expect((await quality('1h')).now.shelved).toBe(1)
})
