/** Desktops before operators' eyes: what one does the others see, what is refused says why, several answer one by one. */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Latencies } from '../../server/fleet/simulated/provider.ts'
import { faultsOf } from '../support/accessibility.ts'
import { changeDesktop } from '../support/change.ts'
import { openBrowser, openDesk } from '../support/browser.ts'
import { desktopPath, plantDesktops, readDesktop, untilRests } from '../support/desktops.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { offerSimulated, type TestFleet } from '../support/fleets.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let fleet: TestFleet
let browser: Browser
const names = Array.from({ length: 8 }, (_, n) => `SIM-0${n + 1}`)
const latencies: Latencies = { startMs: [900, 1200], stopMs: [900, 1200] }
const idOf = (n: number) => `acme:sim-0${n}`

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  fleet = await offerSimulated(deskwatch.house.dir, names, { latencies })
  await plantDesktops(deskwatch.house, 'simulated', names, { pool: '设计池', region: 'south' })
  const reader = await deskwatch.signIn('viewer@acme')
  await until('the desktops are listed', async () => (await reader.get(desktopPath(idOf(8)))).status === 200)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  await fleet?.close()
  expect(faults).toEqual([])
})

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
const paneOf = (page: Page, name: string) => page.getByRole('complementary', { name })
const violations = async (page: Page) => (await faultsOf(page)).map(({ id }) => id)
const select = (page: Page, name: string) => rowOf(page, name).getByRole('checkbox').check()

test('what one operator powers on starts on the screen of the other, who is told by whom and why he cannot', async () => {
  const watching = await openDesk(browser, deskwatch, 'operator2@acme', '/desktops')
  const acting = await openDesk(browser, deskwatch, 'operator@acme', '/desktops')
  for (const { page } of [watching, acting]) {
    await rowOf(page, 'SIM-01').click()
    await paneOf(page, 'SIM-01').getByText('Provider simulated').first().waitFor()
  }
  expect(new URL(acting.page.url()).pathname).toBe('/desktops/sim-01')
  // Long enough for a busy machine to look at all that is said meanwhile.
  const usual = latencies.startMs
  latencies.startMs = [6_000, 6_000]
  await paneOf(acting.page, 'SIM-01').getByRole('button', { name: 'Power on' }).click()
  const seen = paneOf(watching.page, 'SIM-01')
  await seen.getByText(/^powering on for .* asked by /).waitFor()
  await seen.getByRole('button', { name: 'Power on' }).and(watching.page.locator('[aria-disabled]')).waitFor()
  await rowOf(watching.page, 'SIM-01').getByText('Starting').waitFor()
  latencies.startMs = usual
  for (const { page } of [watching, acting]) await rowOf(page, 'SIM-01').getByText('Offline').waitFor()
  await seen.getByText('Provider simulated has no console to look at.').waitFor()
  expect(await violations(watching.page)).toEqual([])
  expect([...watching.errors, ...acting.errors]).toEqual([])
  await Promise.all([watching.close(), acting.close()])
})

test('several are powered on at once: those that cannot are named with their reason, the others start', async () => {
  const { page, close } = await openDesk(browser, deskwatch, 'operator@acme', '/desktops')
  for (const name of ['SIM-01', 'SIM-02', 'SIM-03']) await select(page, name)
  await page.getByText('3 selected').waitFor()
  await page.keyboard.press('o')
  const dialog = page.getByRole('dialog', { name: 'Power on' })
  await dialog.getByText('2 were done').waitFor()
  await dialog.getByText('1 was refused').waitFor()
  const refused = await dialog.getByRole('listitem').allInnerTexts()
  expect(refused).toHaveLength(1)
  expect(refused[0]).toContain('SIM-01')
  expect(refused[0]).toContain('The desktop is offline: this can be done with one that is off')
  expect(await violations(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.getByText('1 selected').waitFor()
  for (const name of ['SIM-02', 'SIM-03']) await rowOf(page, name).getByText('Offline').waitFor()

  await page.getByRole('toolbar').getByRole('button', { name: 'Power on' }).click()
  await page.getByText('Power on: The desktop is offline: this can be done with one that is off').waitFor()
  await close()
})

test('power off by force is offered of a guest that did not listen, asked about, and stays on record', async () => {
  const operator = await deskwatch.signIn('operator@acme')
  await untilRests(operator, idOf(3), 'offline')
  const { page, close } = await openDesk(browser, deskwatch, 'operator@acme', '/desktops/sim-03')
  const pane = paneOf(page, 'SIM-03')
  await pane.getByRole('button', { name: 'Power off' }).waitFor()
  expect(await pane.getByRole('button', { name: 'Force power off' }).count()).toBe(0)
  const trouble = { code: 'guest.ignored-acpi', message: 'no answer in 30 s', at: Date.now() }
  await changeDesktop(deskwatch, idOf(3), { trouble })
  await pane.getByText('The guest did not listen to its power button').waitFor()
  await pane.getByRole('button', { name: 'Force power off' }).click()
  const dialog = page.getByRole('dialog', { name: 'Cut off SIM-03?' })
  await dialog.getByRole('button', { name: 'Leave as is' }).click()
  expect((await readDesktop(operator, idOf(3))).act).toBeNull()
  await pane.getByRole('button', { name: 'Force power off' }).click()
  await dialog.getByRole('button', { name: 'Force power off' }).click()
  await pane.getByText(/, cut off$/).waitFor()
  expect(await untilRests(operator, idOf(3), 'off')).toMatchObject({ stopped: { forced: true } })
  await close()
})

test('new desktops stand in the list while they are made; what was typed wrong is said at its field', async () => {
  const { page, close } = await openDesk(browser, deskwatch, 'admin@acme', '/desktops')
  await page.getByRole('button', { name: 'Create desktops' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create desktops' })
  await dialog.getByLabel('Name').fill('-new')
  await dialog.getByRole('button', { name: 'Create desktop' }).click()
  await dialog.getByText('Begins with a letter or digit').waitFor()
  await dialog.getByText('The pool does not say where: choose a provider').waitFor()
  expect(await violations(page)).toEqual([])
  await dialog.getByLabel('Name').fill('NEW')
  await dialog.getByLabel('How many').fill('2')
  await dialog.getByLabel('Provider').selectOption('simulated')
  await dialog.getByRole('button', { name: 'Create 2 desktops' }).click()
  await page.getByText('2 desktops are being made').waitFor()
  await page.mouse.move(5, 5)
  for (const name of ['NEW-01', 'NEW-02']) await rowOf(page, name).getByText('Creating').waitFor()
  await rowOf(page, 'NEW-02').getByText('Create desktop').waitFor()
  await close()
})

test('pools count their desktops and lead to them', async () => {
  const admin = await deskwatch.signIn('admin@acme')
  expect((await admin.post('/regions', { name: 'south' })).status).toBe(201)
  const pool = { name: '设计池', region: 'south', business: 'Design' }
  expect((await admin.post('/desktop-pools', pool)).status).toBe(201)
  const { page, close } = await openDesk(browser, deskwatch, 'viewer@acme', '/desktops?tab=pools')
  await rowOf(page, 'Design').getByText('8', { exact: true }).first().waitFor()
  expect(await violations(page)).toEqual([])
  await rowOf(page, 'Design').click()
  await rowOf(page, 'SIM-01').waitFor()
  expect(new URL(page.url()).searchParams.get('pool')).toBe('设计池')
  await close()
})

test('the filter is the address; what is not there, what matches nothing and what a role may not is said; a phone shows it all', async () => {
  const { page, close } = await openDesk(browser, deskwatch, 'viewer@acme', '/desktops?runState=off&text=sim-0')
  await rowOf(page, 'SIM-05').getByText('Off', { exact: true }).waitFor()
  expect(await rowOf(page, 'SIM-02').count()).toBe(0)
  await rowOf(page, 'SIM-05').click()
  await paneOf(page, 'SIM-05').getByText('Your role does not allow this').waitFor()
  await page.goto(`${deskwatch.origin}/desktops/none`)
  await page.getByRole('heading', { name: 'This is not here' }).waitFor()
  await page.goto(`${deskwatch.origin}/desktops?text=nothing`)
  await page.getByRole('heading', { name: 'Nothing matches these filters' }).waitFor()
  expect(await violations(page)).toEqual([])

  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${deskwatch.origin}/desktops/none`)
  await page.getByRole('heading', { name: 'This is not here' }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.goto(`${deskwatch.origin}/desktops`)
  await rowOf(page, 'SIM-06').getByText('simulated').waitFor()
  expect(await violations(page)).toEqual([])
  await rowOf(page, 'SIM-06').click()
  await page.getByRole('heading', { name: 'SIM-06', level: 1 }).waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(await violations(page)).toEqual([])
  await page.goBack()
  await rowOf(page, 'SIM-06').waitFor()
  await close()
})
