/**
 * Desk, desk and phone before one list: one winner, presence that comes and goes, thousands at once, and a phone whose
 * network is cut and whose app is killed meanwhile. `npm run soak -- phone` cuts it for a minute.
 */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import { must } from '../../server/core/must.ts'
import { faultsOf } from '../support/accessibility.ts'
import { isLive, openBrowser, openDesk, openPhone, phoneRow, rowOf, swipeRow, type Desk } from '../support/browser.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'
import { layWire, type Wire } from '../support/wire.ts'

const offlineSeconds = Number(process.env['OFFLINE_SECONDS'] ?? 6)
const many = 5_000

let deskwatch: Deskwatch
let wire: Wire
let browsers: Browser[] = []
let sender: Client
let lina: Client
let first: Desk
let second: Desk
let phone: Desk

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  wire = await layWire(deskwatch.origin)
  browsers = await Promise.all([openBrowser(), openBrowser(), openBrowser()])
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  lina = await deskwatch.signIn('operator@acme')
  const [one, two, three] = browsers
  ;[first, second, phone] = await Promise.all([
    openDesk(must(one, 'a browser'), deskwatch, 'operator@acme'),
    openDesk(must(two, 'a browser'), deskwatch, 'operator2@acme'),
    openPhone(must(three, 'a browser'), deskwatch, 'admin@acme', wire.url),
  ])
  for (const { page } of [first, second, phone]) await until('it is live', () => isLive(page), 30)
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await Promise.all(browsers.map((browser) => browser.close()))
  await wire?.close()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

async function raise(desktops: string[], severity = 'critical') {
  const reports = desktops.map((desktop) => ({
    type: 'stutter',
    severity,
    desktop,
    summary: `Frames skipped ${desktop}`,
  }))
  expect((await sender.post('/alarms', reports)).status).toBe(202)
  for (const desktop of desktops) await until(`${desktop} stands`, async () => (await find(desktop)) !== undefined)
}
async function find(desktop: string): Promise<AlarmRow | undefined> {
  return (await lina.get(`/alarms?desktop=${desktop}`)).as<{ items: AlarmRow[] }>().items[0]
}
const one = async (desktop: string) => must(await find(desktop), `${desktop} is listed`)
const happened = async (desktop: string) => {
  const { id } = await one(desktop)
  const { items } = (await lina.get(`/alarms/${id}/timeline`)).as<{ items: { what: string; by: string | null }[] }>()
  return items.map(({ what, by }) => (by ? `${what} ${by}` : what)).reverse()
}
const phoneShows = (place: string, text: string) =>
  until(
    `the phone shows ${place} as ${text}`,
    async () => (await phoneRow(phone.page, place).innerText({ timeout: 1_000 })).includes(text),
    30,
  )
/** Until it counts: right after the page was opened it does not yet. */
const swipe = (place: string, by: number, shows: RegExp) =>
  until(`${place} is swiped`, async () => {
    if (shows.test(await phoneRow(phone.page, place).innerText({ timeout: 1_000 }))) return true
    await swipeRow(phone.page, place, by)
    return false
  })
const myActs = () => phone.page.getByRole('region', { name: 'My acts' })
const paneOf = (page: Page, place: string) => page.getByRole('complementary', { name: place })
const myActsText = async () => ((await myActs().isVisible()) ? myActs().innerText({ timeout: 1_000 }) : '')
const isCut = () =>
  phone.page
    .getByText(/^Offline/)
    .first()
    .isVisible()
const violations = async (page: Page) =>
  (await faultsOf(page)).map(({ id, nodes }) => `${id}: ${String(nodes[0]?.target)}`)

/** By the menu that a long press opens. */
async function chooseOnPhone(place: string, item: string) {
  await phoneRow(phone.page, place).click({ button: 'right' })
  await phone.page.getByRole('menuitem', { name: item, exact: true }).click()
}

/** Requests of an act wait until all pages have made theirs: only the server decides who is first. */
async function together(act: string, pages: readonly Page[]) {
  let arrived = 0
  let go: () => void = () => undefined
  const all = new Promise<void>((resolve) => (go = resolve))
  for (const page of pages) {
    await page.route(`**/api/v1/alarms/actions/${act}`, async (route) => {
      if (++arrived === pages.length) go()
      await all
      await route.continue()
    })
  }
  return () => Promise.all(pages.map((page) => page.unrouteAll()))
}

test('three claim one alarm at once: one has it, the others see who', async () => {
  await raise(['ACME-RACE-1', 'ACME-LOOK-1'])
  const desks = [first.page, second.page]
  for (const page of desks) await rowOf(page, 'ACME-RACE-1').click()
  await phoneShows('ACME-RACE-1', 'Unacked')
  const apart = await together('claim', [...desks, phone.page])
  await Promise.all([
    ...desks.map((page) => page.keyboard.press('c')),
    swipe('ACME-RACE-1', -140, /Sending|Li Na|Wang Lei|Zhou Hang/),
  ])
  await until('somebody has it', async () => (await one('ACME-RACE-1')).owner !== null, 30)
  await apart()
  const { owner } = await one('ACME-RACE-1')
  const winner = must(owner, 'it is claimed')
  for (const page of desks)
    await until('the desk shows who', async () => (await paneOf(page, 'ACME-RACE-1').innerText()).includes(winner))
  await phoneShows('ACME-RACE-1', winner)
  const told = () =>
    Promise.all([...desks.map((page) => page.getByRole('region', { name: 'Deskwatch' }).innerText()), myActsText()])
  const losers = async () => (await told()).filter((text) => text.includes(`${winner} has it since`)).length
  await until('both losers are told', async () => (await losers()) === 2)
  if (await myActs().isVisible()) await myActs().getByRole('button', { name: 'Got it' }).tap()
  expect((await happened('ACME-RACE-1')).filter((what) => what.startsWith('claim '))).toEqual([`claim ${winner}`])
})

test('whoever opens an alarm on the phone is seen on the desk, and is gone within seconds of a lost socket', async () => {
  const admin = (await (await deskwatch.signIn('admin@acme')).get('/session')).as<{ operator: { name: string } }>()
  await rowOf(first.page, 'ACME-LOOK-1').click()
  const pane = paneOf(first.page, 'ACME-LOOK-1')
  const isHere = async () =>
    (await pane.locator(`[title*="${admin.operator.name}"], [aria-label*="${admin.operator.name}"]`).count()) > 0
  expect(await isHere()).toBe(false)
  await phoneRow(phone.page, 'ACME-LOOK-1').tap()
  await phone.page.getByRole('button', { name: 'Back' }).waitFor()
  await until('the desk sees the phone', isHere)
  expect(await violations(phone.page)).toEqual([])
  wire.cut()
  await until('the desk sees it leave', async () => !(await isHere()), 15)
  wire.mend()
  await until('the phone is back', isHere, 30)
  await phone.page.getByRole('button', { name: 'Back' }).tap()
  await until('the desk sees it leave', async () => !(await isHere()))
})

test(
  'a phone without a network keeps acts over a restart of its app, and ends with the same truth',
  async () => {
    const { page } = phone
    const names = ['ACME-NET-ACK', 'ACME-NET-CLAIM', 'ACME-NET-SHELF', 'ACME-NET-UNDO']
    await raise(names)
    await page.goto(`${wire.url}/triage?text=NET-`)
    for (const name of names) await phoneShows(name, 'Unacked')
    wire.cut()
    const cutAt = Date.now()
    await until('the phone says that it is offline', isCut, 30)

    await swipe('ACME-NET-ACK', 140, /to send/)
    await swipe('ACME-NET-CLAIM', -140, /to send/)
    await chooseOnPhone('ACME-NET-SHELF', 'Shelve 1 h')
    await swipe('ACME-NET-UNDO', 140, /to send/)
    for (const name of names) await phoneShows(name, 'to send')
    await myActs().getByRole('button', { expanded: false }).tap()
    expect(await violations(page)).toEqual([])
    await myActs()
      .getByRole('listitem')
      .filter({ hasText: 'ACME-NET-UNDO' })
      .getByRole('button', { name: 'Undo' })
      .tap()
    await phoneShows('ACME-NET-UNDO', 'Unacked')
    expect((await one('ACME-NET-ACK')).state).toBe('unacknowledged')

    // Meanwhile another one is first, and things go on.
    const taken = await one('ACME-NET-CLAIM')
    await lina.post(`/alarms/${taken.id}/actions/claim`, {})
    await raise(['ACME-NET-NEW'])

    // The app is killed and opened again, still without a network.
    await page.reload()
    await until('the queue is still there', async () => (await myActsText()).includes('3 to send'), 30)
    await until('it has been a while', () => Date.now() - cutAt > offlineSeconds * 1000, offlineSeconds + 5)
    wire.mend()

    await until('the phone is live', () => isLive(page), 60)
    await until('all is answered', async () => (await myActsText()).includes('1 refused · 2 done'), 30)
    const told = await myActsText()
    expect(told).toContain('Refused: 李娜 Li Na')
    await phoneShows('ACME-NET-CLAIM', '李娜 Li Na')
    await phoneShows('ACME-NET-SHELF', 'Shelved')
    await phoneShows('ACME-NET-UNDO', 'Unacked')
    await phoneShows('ACME-NET-NEW', 'Unacked')
    const states = await Promise.all([...names, 'ACME-NET-NEW'].map(async (name) => (await one(name)).state))
    expect(states).toEqual(['acknowledged', 'unacknowledged', 'shelved', 'unacknowledged', 'unacknowledged'])
    expect(await happened('ACME-NET-ACK')).toEqual(['raised', expect.stringMatching(/^acknowledge /)])
    expect((await happened('ACME-NET-SHELF')).filter((what) => what.startsWith('shelve'))).toHaveLength(1)
    await phoneShows('ACME-NET-ACK', must((await one('ACME-NET-ACK')).acknowledgedBy, 'by the phone'))

    // A refusal stays until it is read.
    await page.reload()
    await until('the phone is live', () => isLive(page), 60)
    await myActs().getByText('Refused: 李娜 Li Na').waitFor()
    await myActs().getByRole('button', { name: 'Got it' }).first().tap()
    await until('it is gone', async () => (await page.getByText('Refused: 李娜 Li Na').count()) === 0)
  },
  120_000 + offlineSeconds * 1000,
)

test('what one operator left behind is not sent by the next who signs in on the phone', async () => {
  const { page } = phone
  await raise(['ACME-LEFT-1'])
  await page.goto(`${wire.url}/triage?text=LEFT-`)
  await phoneShows('ACME-LEFT-1', 'Unacked')
  wire.cut()
  await until('the phone says that it is offline', isCut, 30)
  await swipe('ACME-LEFT-1', 140, /to send/)
  const signIn = async (username: string) => {
    const { cookie } = await deskwatch.signIn(username)
    const [name = '', value = ''] = must(cookie, 'signing in sets a cookie').split('=')
    await page.context().addCookies([{ name, value, url: wire.url, httpOnly: true, sameSite: 'Strict' }])
    await page.goto('about:blank')
    wire.mend()
    await page.goto(`${wire.url}/triage?text=LEFT-`)
    await until('the phone is live', () => isLive(page), 30)
  }
  await signIn('operator2@acme')
  await phoneShows('ACME-LEFT-1', 'Unacked')
  expect(await myActs().count()).toBe(0)
  expect((await one('ACME-LEFT-1')).state).toBe('unacknowledged')
  await signIn('admin@acme')
  await until('it is sent for its own', async () => (await one('ACME-LEFT-1')).state === 'acknowledged', 30)
})

test('everything that a filter matches, 5,000 of it, is acknowledged in three taps with a result for each', async () => {
  const { page } = phone
  await deskwatch.seedAlarms(many)
  const three = (await lina.get('/alarms?text=number&limit=3')).as<{ items: AlarmRow[] }>().items.map(({ id }) => id)
  await lina.post('/alarms/actions/acknowledge', { ids: three })
  const others = (await lina.get('/alarms?text=number&sort=newest&state=unacknowledged&limit=2')).as<{
    items: AlarmRow[]
  }>()
  const shelved = others.items.map(({ id }) => id)
  await lina.post('/alarms/actions/shelve', { ids: shelved, minutes: 60, reason: 'driver' })
  await page.goto(`${wire.url}/triage?text=number`)
  await until(
    'all are counted',
    async () => (await page.locator('.bulk').innerText({ timeout: 1_000 })).includes('5,000'),
    30,
  )
  await page.setViewportSize({ width: 320, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Ack all' }).tap()
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge 5,000' }).tap()
  await until('it is done', async () => (await myActsText()).includes('4,995 done, 2 refused'), 90)
  await myActs().getByRole('button', { name: 'View' }).tap()
  const results = page.getByRole('dialog', { name: /Results of 5,000/ })
  await results.waitFor()
  expect(await results.innerText()).toContain('Shelved by 李娜 Li Na')
  expect(await violations(page)).toEqual([])
  await results.getByRole('button', { name: 'Close' }).tap()
  const { total } = (await lina.get('/alarms?text=number&state=acknowledged&limit=1')).as<{ total: number }>()
  expect(total).toBe(many - shelved.length)
  expect(phone.errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|WebSocket|Failed to load/.test(error))).toEqual([])
  expect([...first.errors, ...second.errors]).toEqual([])
}, 240_000)
