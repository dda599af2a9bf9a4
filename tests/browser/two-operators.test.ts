/** Two operators before one list, each at a node of his own: what one does the other sees, whatever happens between them. */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must } from '../../server/core/must.ts'
import { isLive, openBrowser, openDesk, rowOf, type Desk } from '../support/browser.ts'
import { Client } from '../support/client.ts'
import { demoPassword, startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let browser: Browser
let other: Browser
let sender: Client
/** Of operator and operator2 of acme, from the second test on. */
let desks: [Desk, Desk]
const opened: Desk[] = []

beforeAll(async () => {
  deskwatch = await startDeskwatch({ nodes: 2, env: { BUILD: 'first' } })
  ;[browser, other] = await Promise.all([openBrowser(), openBrowser()])
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await Promise.all(opened.map((desk) => desk.close()))
  await Promise.all([browser?.close(), other?.close()])
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

const open = async (at: Browser, username: string, node = 0) => {
  const desk = await openDesk(at, deskwatch, username, '/alarms', node)
  opened.push(desk)
  await until(`${username} is live`, () => isLive(desk.page))
  return desk
}
const post = async (desktop: string, severity = 'critical') =>
  expect(
    (await sender.post('/alarms', { type: 'stutter', severity, desktop, summary: `Frames skipped on ${desktop}` }))
      .status,
  ).toBe(202)
const shows = (page: Page, place: string, text: string) =>
  until(
    `${place} is shown as ${text}`,
    async () => (await rowOf(page, place).innerText({ timeout: 1_000 })).includes(text),
    20,
  )

/** As a person does it: name, password, button. */
async function signInByHand(at: Browser, username: string): Promise<Page> {
  const context = await at.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  await page.goto(`${deskwatch.origin}/alarms`)
  await page.waitForURL(/\/login/)
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password').fill(demoPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/alarms/)
  return page
}

test('an operator signs in by hand, is refused with a wrong password, and lands where he wanted to go', async () => {
  const page = await signInByHand(browser, 'operator@acme')
  await until('the list is live', () => isLive(page))
  const stranger = await browser.newContext({ locale: 'en-US' }).then((context) => context.newPage())
  await stranger.goto(`${deskwatch.origin}/login`)
  await stranger.getByLabel('User name').fill('operator@acme')
  await stranger.getByLabel('Password').fill('not this one')
  await stranger.getByRole('button', { name: 'Sign in' }).click()
  await stranger.getByRole('alert').waitFor()
  expect(await stranger.getByRole('alert').innerText()).toContain('User name or password is not right')
  expect(stranger.url()).toContain('/login')
  await Promise.all([page.context().close(), stranger.context().close()])
})

test('an alarm posted to the API stands on both lists; acknowledged on one, the other shows by whom', async () => {
  desks = await Promise.all([open(browser, 'operator@acme'), open(other, 'operator2@acme', 1)])
  const [first, second] = desks
  await post('ACME-CAD-0001')
  await Promise.all([first, second].map(({ page }) => shows(page, 'ACME-CAD-0001', 'Unacked')))

  await rowOf(first.page, 'ACME-CAD-0001').click()
  const detail = first.page.getByRole('complementary', { name: 'ACME-CAD-0001' })
  await detail.getByRole('button', { name: 'Acknowledge' }).click()
  await shows(first.page, 'ACME-CAD-0001', 'Acked')
  await shows(second.page, 'ACME-CAD-0001', 'Acked')
  await shows(second.page, 'ACME-CAD-0001', '李娜 Li Na')

  await rowOf(second.page, 'ACME-CAD-0001').click()
  const there = second.page.getByRole('complementary', { name: 'ACME-CAD-0001' })
  expect(await there.innerText()).toContain('李娜 Li Na acknowledged')
  expect([...first.errors, ...second.errors]).toEqual([])
})

test('a node is killed and comes back: its page says so, both are live and right again without a reload', async () => {
  const pages = desks.map(({ page }) => page)
  for (const page of pages) {
    await page.mouse.move(5, 5)
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
  }
  await deskwatch.nodes[0]?.kill()
  await until('the badge owns up', async () => !(await isLive(desks[0].page)), 20)
  await deskwatch.restart()
  await post('ACME-CAD-0002')
  for (const page of pages) {
    await until('the badge is live', () => isLive(page), 60)
    await shows(page, 'ACME-CAD-0001', 'Acked')
    await shows(page, 'ACME-CAD-0002', 'Unacked')
  }
  expect(await Promise.all(desks.map((desk) => desk.neverReloaded()))).toEqual([true, true])
})

test('an operator of another tenant sees nothing of it', async () => {
  const desk = await open(browser, 'operator@globex')
  const globex = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write', 'globex'))
  await globex.post('/alarms', { type: 'stutter', severity: 'low', desktop: 'GLOBEX-1' })
  await shows(desk.page, 'GLOBEX-1', 'Unacked')
  await post('ACME-CAD-0003')
  await shows(desks[0].page, 'ACME-CAD-0003', 'Unacked')
  expect(await desk.page.getByRole('row').filter({ hasText: 'ACME-' }).count()).toBe(0)
  expect(await rowOf(desks[0].page, 'GLOBEX-1').count()).toBe(0)
})

test('a viewer sees the alarms, no people, and cannot acknowledge', async () => {
  const desk = await open(other, 'viewer@acme')
  await shows(desk.page, 'ACME-CAD-0003', 'Unacked')
  await rowOf(desk.page, 'ACME-CAD-0003').click()
  const detail = desk.page.getByRole('complementary', { name: 'ACME-CAD-0003' })
  await detail.waitFor()
  expect(await detail.innerText()).toContain('Your role may look, not act')
  await desk.page.keyboard.press('a')
  const viewer = await deskwatch.signIn('viewer@acme')
  const { items } = (await viewer.get('/alarms')).as<{ items: { id: string; state: string; desktop: string }[] }>()
  const row = must(
    items.find(({ desktop }) => desktop === 'ACME-CAD-0003'),
    'it is listed',
  )
  expect(row.state).toBe('unacknowledged')
  expect((await viewer.post('/alarms/actions/acknowledge', { ids: [row.id] })).status).toBe(403)
})

test('after a deploy a page says once that there is a new version, and goes on working', async () => {
  const { page } = desks[1]
  await deskwatch.nodes[1]?.stop()
  await deskwatch.restart(1, { BUILD: 'second' })
  await page.getByRole('button', { name: 'Reload' }).waitFor()
  await until('the badge is live', () => isLive(page), 60)
  await post('ACME-CAD-0004')
  await shows(page, 'ACME-CAD-0004', 'Unacked')
  expect(await page.getByRole('button', { name: 'Reload' }).count()).toBe(1)
  expect(await desks[1].neverReloaded()).toBe(true)
})
