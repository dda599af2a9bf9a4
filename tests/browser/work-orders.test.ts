/** Work orders before operators' eyes: what is told while they run, and a batch that changes all or nothing. */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultsOf } from '../support/accessibility.ts'
import { openBrowser, openDesk } from '../support/browser.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { must } from '../../server/core/must.ts'
import { plantOrders, readOrder } from '../support/orders.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let browser: Browser

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await deskwatch?.stop()
})

const desktop = (n: number) => ({ noun: 'desktops', id: `acme:PC-${n}`, name: `PC-${n}` })
const cardOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
const violations = async (page: Page) => (await faultsOf(page)).map(({ id }) => id)

test('an order in hand shows its true progress, never going back, and says when it ended', async () => {
  const [id = ''] = await plantOrders(deskwatch, [
    { state: 'running', subject: desktop(1), startedAt: Date.now() - 5_000 },
  ])
  const { page, errors, close } = await openDesk(browser, deskwatch, 'operator@acme', '/work-orders')
  await cardOf(page, 'PC-1').click()
  const bar = page.getByRole('progressbar')
  await bar.waitFor()
  expect(decodeURIComponent(new URL(page.url()).pathname)).toBe(`/work-orders/${id.slice('acme:'.length)}`)

  const tell = (percent: number) => {
    const told = { attempt: 1, step: 'make', percent, bytesDone: percent * 1e6, bytesTotal: 1e8, log: 0 }
    deskwatch.house.core.changes.tell('acme', 'work-orders', `p:${id}`, { ...told, rate: 2 ** 20, leftMs: 42_000 })
  }
  tell(40)
  await page.getByText('Convert').waitFor()
  await page.getByRole('region', { name: 'Progress of the order' }).getByText('40').waitFor()
  expect(await bar.getAttribute('aria-valuenow')).toBe('10')
  await page.getByText('0:42', { exact: true }).waitFor()
  await page.getByText('1 MiB/s').waitFor()
  tell(20)
  tell(60)
  await page.getByRole('region', { name: 'Progress of the order' }).getByText('60').waitFor()
  deskwatch.house.core.changes.tell('acme', 'work-orders', `p:${id}`, null)
  expect(Number(await bar.getAttribute('aria-valuenow'))).toBe(15)
  expect(await violations(page)).toEqual([])
  expect(errors).toEqual([])
  await close()
})

test('a batch with a completed order changes nothing, says so in the words of the manual, and names who stands in the way', async () => {
  const target = [2, 3, 4].map(desktop)
  const ids = await plantOrders(deskwatch, [
    { state: 'scheduled', subject: must(target[0], 'three') },
    { state: 'succeeded', subject: must(target[1], 'three') },
    { state: 'scheduled', subject: must(target[2], 'three'), lock: 'acme:a lock' },
  ])
  const { page, close } = await openDesk(browser, deskwatch, 'operator@acme', '/work-orders?tab=all')
  for (const { name } of target) await cardOf(page, name).getByRole('checkbox').check({ force: true })
  await page.getByText('3 selected').waitFor()
  await page.getByRole('toolbar').getByRole('button', { name: 'Pause' }).click()
  const dialog = page.getByRole('dialog', { name: 'Batch pause was refused' })
  await dialog.waitFor()
  expect(await dialog.innerText()).toContain(
    'Among them is a work order that is "completed": batch pause is not allowed',
  )
  expect(await dialog.getByRole('listitem').count()).toBe(1)
  expect(await dialog.getByRole('listitem').innerText()).toContain('PC-3')
  expect(await violations(page)).toEqual([])
  const reader = await deskwatch.signIn('viewer@acme')
  expect((await readOrder(reader, must(ids[0], 'three'))).state).toBe('scheduled')

  await dialog.getByRole('button', { name: 'Deselect it' }).click()
  await page.getByText('2 selected').waitFor()
  await page.keyboard.press('p')
  await until('both are paused', async () => {
    const states = await Promise.all([ids[0], ids[2]].map(async (id) => (await readOrder(reader, id ?? '')).state))
    return states.every((state) => state === 'paused')
  })
  await close()
})

test('what one operator cancels is cancelled on the screen of the other, who is told why nothing can be done any more', async () => {
  await plantOrders(deskwatch, [{ state: 'paused', subject: desktop(5) }])
  const watching = await openDesk(browser, deskwatch, 'operator2@acme', '/work-orders')
  const acting = await openDesk(browser, deskwatch, 'operator@acme', '/work-orders')
  for (const { page } of [watching, acting]) await cardOf(page, 'PC-5').click()
  await watching.page.getByRole('region', { name: 'Watching' }).getByText('、me').waitFor()
  await acting.page.getByRole('button', { name: 'Cancel order' }).click()
  await acting.page.getByRole('dialog').getByRole('button', { name: 'Cancel the order' }).click()
  await watching.page.getByText('The work order is Cancelled: this cannot be done with it').waitFor()
  await watching.page
    .getByRole('button', { name: 'Pause' })
    .and(watching.page.locator('[aria-disabled]'))
    .first()
    .waitFor()
  await Promise.all([watching.close(), acting.close()])
})

test('the filter is the address, an order that is not there is said to be missing, and a viewer is told what his role may not', async () => {
  await plantOrders(deskwatch, [
    { state: 'failed', subject: desktop(6), error: { code: 'disk.no-space', step: 'make', message: 'ENOSPC' } },
  ])
  const { page, close } = await openDesk(browser, deskwatch, 'viewer@acme', '/work-orders?tab=failed&target=PC-6')
  await cardOf(page, 'PC-6').getByText('disk.no-space').waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'PC-' }).count()).toBe(1)
  await cardOf(page, 'PC-6').click()
  await page.getByText('Your role does not allow this').first().waitFor()
  await page.goto(`${deskwatch.origin}/work-orders?target=nothing-here`)
  await page.getByRole('heading', { name: 'Nothing matches these filters' }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.goto(`${deskwatch.origin}/work-orders/WO-none`)
  await page.getByRole('heading', { name: 'This is not here' }).waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${deskwatch.origin}/work-orders?tab=failed`)
  await cardOf(page, 'PC-6').click()
  await page.getByRole('heading', { name: 'Disk self-check · PC-6', level: 1 }).waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(await violations(page)).toEqual([])
  await page.goBack()
  await cardOf(page, 'PC-6').waitFor()
  await close()
})
