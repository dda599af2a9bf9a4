/** Snapshots before operators' eyes: taken, put back, refused and deleted, each as a work order. */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { releaseSnapshot } from '../../server/features/snapshots/service.ts'
import { faultsOf } from '../support/accessibility.ts'
import { openBrowser, openDesk } from '../support/browser.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { plantDesktops, plantSnapshots, power, readSnapshot, untilRests } from '../support/desktops.ts'
import { offerSimulated, type TestFleet } from '../support/fleets.ts'
import { until } from '../support/until.ts'
import { startWorker, type TestWorker } from '../support/worker.ts'
import { must } from '../../server/core/must.ts'

let deskwatch: Deskwatch
let fleet: TestFleet
let worker: TestWorker
let browser: Browser
const desktop = 'acme:pc-1'

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  fleet = await offerSimulated(deskwatch.house.dir, ['PC-1', 'PC-2'])
  worker = await startWorker(deskwatch.house)
  browser = await openBrowser()
  await plantDesktops(deskwatch.house, 'simulated', ['PC-1', 'PC-2'])
})
afterAll(async () => {
  await browser?.close()
  await worker?.kill()
  await fleet?.close()
  await deskwatch?.stop()
})

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
const detailOf = (page: Page) => page.getByRole('complementary', { name: 'Details' })
const violations = async (page: Page) => (await faultsOf(page)).map(({ id }) => id)

test('a snapshot is taken from the page, stands in the list by itself, says what it is, leads to its order and is put back only while its desktop is off', async () => {
  const operator = await deskwatch.signIn('operator@acme')
  await untilRests(operator, desktop, 'off')
  const { page, errors, close } = await openDesk(browser, deskwatch, 'operator@acme', '/snapshots')
  await page.getByRole('heading', { name: 'There are no snapshots yet' }).waitFor()
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Desktop' }).fill('pc-1')
  await dialog.getByRole('button', { name: /PC-1/ }).click()
  await dialog.getByText('the snapshot will be clean').waitFor()
  await dialog.getByRole('textbox', { name: 'Name' }).fill('-no')
  await dialog.getByRole('button', { name: 'Take snapshot' }).click()
  await dialog.getByText('Begin with a letter or digit').waitFor()
  expect(await violations(page)).toEqual([])
  await dialog.getByRole('textbox', { name: 'Name' }).fill('before the update')
  await dialog.getByRole('button', { name: 'Take snapshot' }).click()
  await dialog.waitFor({ state: 'detached' })
  await rowOf(page, 'before the update').getByText('Available').waitFor()
  await untilRests(operator, desktop, 'off')

  await rowOf(page, 'before the update').getByRole('button', { name: 'View' }).click()
  const detail = detailOf(page)
  await detail.getByText('its disk was at rest').waitFor()
  expect(await detail.innerText()).toMatch(/Size\s+[\d.]+ [KMG]iB/)
  expect(await detail.getByRole('region', { name: 'Snapshots of the same disk' }).getByRole('listitem').count()).toBe(1)
  expect(await violations(page)).toEqual([])

  await power(operator, desktop, 'power-on')
  const restore = detail.getByRole('button', { name: 'Restore' })
  await detail.getByText('for this it must be off').waitFor()
  expect(await restore.getAttribute('aria-disabled')).toBe('true')
  await untilRests(operator, desktop, 'offline')
  await power(operator, desktop, 'power-off')
  await detail.getByText('for this it must be off').waitFor({ state: 'detached' })
  await restore.click()
  const question = page.getByRole('dialog')
  await question.getByText('Everything written to the disk of PC-1 since').waitFor()
  await question.getByRole('button', { name: 'Restore and lose what came since' }).click()
  await detail.getByText('Last restored').waitFor()

  await detail.getByRole('link', { name: 'Its work orders' }).click()
  await page.getByRole('heading', { name: 'Work orders', level: 1 }).waitFor()
  expect(new URL(page.url()).searchParams.get('subject')).toMatch(/^acme:snap-/)
  await rowOf(page, 'Restore snapshot').getByText('Completed').waitFor()
  await rowOf(page, 'Create snapshot').waitFor()
  expect(errors).toEqual([])
  await close()
})

test('one from which an image was made is refused in the words of the manual with the way to the image; once that is gone it is deleted', async () => {
  const image = { noun: 'images', id: 'acme:img-1', name: 'Base 24' }
  await untilRests(await deskwatch.signIn('operator@acme'), desktop, 'off')
  const [kept = ''] = await plantSnapshots(deskwatch.house, desktop, [{ name: 'with image', images: [image] }])
  const { page, close } = await openDesk(browser, deskwatch, 'operator@acme', '/snapshots')
  await rowOf(page, 'with image').click()
  const remove = async () => {
    await detailOf(page).getByRole('button', { name: 'Delete' }).click()
    await page.getByText('This cannot be undone: please take care.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the snapshot' }).click()
  }
  await remove()
  const refusal = page.getByRole('dialog', { name: 'Delete was refused' })
  await refusal.getByText('An image was made from this snapshot: it cannot be deleted').waitFor()
  expect(await refusal.getByRole('link', { name: 'Base 24' }).getAttribute('href')).toBe('/images?text=Base%2024')
  expect(await violations(page)).toEqual([])
  await refusal.getByRole('button', { name: 'Close' }).click()
  expect((await readSnapshot(await deskwatch.signIn('viewer@acme'), kept)).state).toBe('available')

  await releaseSnapshot(deskwatch.house.core, kept, image.id)
  await detailOf(page).getByRole('link', { name: 'Base 24' }).waitFor({ state: 'detached' })
  await remove()
  await page.getByRole('heading', { name: 'This snapshot is gone' }).waitFor()
  await page.getByRole('button', { name: 'Back to the list' }).click()
  // Rows stay under the hand until it is told to show what waits.
  await page.keyboard.press('.')
  await until('it left the list', async () => (await rowOf(page, 'with image').count()) === 0)
  await close()
})

test('the address is the filter, a viewer is told why nothing can be done, and on a phone one snapshot is a page', async () => {
  const error = { code: 'disk.no-space', message: 'No space left on device' }
  await plantSnapshots(deskwatch.house, 'acme:pc-2', [
    { name: 'failed one', state: 'failed', bytes: null, consistency: null, takenAt: null, error },
    { name: 'running one', consistency: 'crash-consistent' },
  ])
  const { page, errors, close } = await openDesk(browser, deskwatch, 'viewer@acme', '/snapshots?tab=failed')
  await rowOf(page, 'failed one').click()
  const detail = detailOf(page)
  await detail.getByText('Free space on the storage or delete snapshots').waitFor()
  await detail.getByText('Your role does not allow this').waitFor()
  expect(await rowOf(page, 'running one').count()).toBe(0)
  await page.goto(`${deskwatch.origin}/snapshots?consistency=crash-consistent&desktopName=pc-2`)
  await rowOf(page, 'running one').waitFor()
  expect(await rowOf(page, 'failed one').count()).toBe(0)
  await page.goto(`${deskwatch.origin}/snapshots?text=nothing-here`)
  await page.getByRole('heading', { name: 'Nothing matches these filters' }).waitFor()
  await page.goto(`${deskwatch.origin}/snapshots/snap-none`)
  await page.getByRole('heading', { name: 'This is not here' }).waitFor()

  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${deskwatch.origin}/snapshots`)
  await rowOf(page, 'running one').click()
  await page.getByRole('heading', { name: 'running one', level: 1 }).waitFor()
  await page.getByText('as if its power had been cut').waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(await violations(page)).toEqual([])
  await page.goBack()
  await rowOf(page, 'failed one').waitFor()
  expect(await violations(page)).toEqual([])
  expect(errors.filter((line) => !line.includes('404'))).toEqual([])
  await close()
})

test('whose role has no snapshots is told so, and a cut line is said where acts stand', async () => {
  const { page, close } = await openDesk(browser, deskwatch, 'operator@acme', '/snapshots')
  await rowOf(page, 'running one').click()
  await detailOf(page).getByRole('button', { name: 'Delete' }).waitFor()
  await must(deskwatch.nodes[0], 'one node').kill()
  await page.getByText('Not connected: nothing can be sent').first().waitFor({ timeout: 40_000 })
  await rowOf(page, 'running one').waitFor()
  await deskwatch.restart()
  await page.getByText('Not connected: nothing can be sent').first().waitFor({ state: 'detached', timeout: 40_000 })
  await page.route('**/api/v1/session', async (route) => {
    const answer = await route.fetch()
    const text = (await answer.text()).replaceAll('"snapshots:read",', '')
    await route.fulfill({ response: answer, body: text })
  })
  await page.goto(`${deskwatch.origin}/snapshots`)
  await page.getByRole('heading', { name: 'Snapshots are not part of your role' }).waitFor()
  await close()
})
