/** Two people at one list: acts, who was first, what came of many at once, and a list that stays where it is. */
import { readFile } from 'node:fs/promises'
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultsOf } from '../support/accessibility.ts'
import { isLive, openBrowser, openDesk, rowOf, type Desk } from '../support/browser.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { sampleBox } from '../support/frames.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let browsers: Browser[]
let sender: Client
let li: Desk
let wang: Desk

const post = async (desktops: readonly string[], more: Record<string, unknown> = {}) => {
  const reports = desktops.map((desktop) => ({ type: 'stutter', severity: 'high', desktop, host: 'h1', ...more }))
  expect((await sender.post('/alarms', reports)).status).toBe(202)
}
const says = (page: Page, place: string, text: string) =>
  until(
    `${place} is shown as ${text}`,
    async () => (await rowOf(page, place).innerText({ timeout: 1_000 })).includes(text),
    20,
  )
const toast = (page: Page, text: RegExp | string) => page.locator('.toast').filter({ hasText: text })
/** Nothing open, nothing chosen, no hand on the list. */
async function letGo(page: Page) {
  await page.mouse.move(5, 400)
  for (let n = 0; n < 3; n++) await page.keyboard.press('Escape')
  const crosses = page.locator('.toast .cross')
  while ((await crosses.count()) > 0) await crosses.first().click()
}
const visit = async (desk: Desk, path: string) => {
  await desk.page.goto(new URL(path, desk.page.url()).href)
  await until('the page is live', () => isLive(desk.page))
}

beforeAll(async () => {
  deskwatch = await startDeskwatch({ nodes: 2 })
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  browsers = await Promise.all([openBrowser(), openBrowser()])
  const [one, other] = browsers
  if (!one || !other) throw new Error('two browsers are open')
  await post(['RACE-1', 'NOTE-1', 'SHELF-1', 'UNDO-1'])
  li = await openDesk(one, deskwatch, 'operator@acme', '/alarms', 0)
  wang = await openDesk(other, deskwatch, 'operator2@acme', '/alarms', 1)
  for (const { page } of [li, wang]) await rowOf(page, 'RACE-1').waitFor()
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await Promise.all([li?.close(), wang?.close()])
  await Promise.all((browsers ?? []).map((browser) => browser.close()))
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

test('of two who claim at once one wins; the other is told who it was, and his row corrects itself', async () => {
  const pages = [li.page, wang.page]
  for (const page of pages) await rowOf(page, 'RACE-1').click()
  for (const page of pages) await page.getByRole('button', { name: 'Claim' }).waitFor()
  await Promise.all(pages.map((page) => page.keyboard.press('c')))
  const lost = await Promise.any(
    pages.map(async (page) => {
      await toast(page, 'Claim refused').waitFor({ timeout: 20_000 })
      return page
    }),
  )
  const won = lost === li.page ? wang.page : li.page
  const winner = won === li.page ? '李娜 Li Na' : '王磊 Wang Lei'
  expect(await toast(lost, 'Claim refused').innerText()).toContain(winner)
  await says(lost, 'RACE-1', winner)
  await says(won, 'RACE-1', 'Me')
  await until('the loser may take over', () => lost.getByRole('button', { name: 'Take over' }).isVisible())
  await until('the timeline tells of it', async () =>
    (await won.getByRole('complementary').innerText()).includes('did not get the claim'),
  )
  await Promise.all(pages.map(letGo))
})

test('who writes a note is seen at the row, and the note names a colleague', async () => {
  await rowOf(li.page, 'NOTE-1').click()
  await li.page.keyboard.press('n')
  await li.page.keyboard.type('Called the room, @operator2')
  await li.page.getByRole('option', { name: '王磊' }).waitFor()
  await until('the pen stands at the row of the other', () =>
    rowOf(wang.page, 'NOTE-1').getByLabel('writes a note').isVisible(),
  )
  await li.page.keyboard.press('Enter')
  await li.page.keyboard.press('Enter')
  await until('the note stands in the timeline', async () =>
    (await li.page.locator('.mention').allInnerTexts()).includes('@operator2'),
  )
  await until(
    'the pen is gone',
    async () => !(await rowOf(wang.page, 'NOTE-1').getByLabel('writes a note').isVisible()),
  )
  await letGo(li.page)
})

test('shelving asks for an end and a reason; both are seen, and a shelved alarm is found under its tab', async () => {
  await rowOf(li.page, 'SHELF-1').click()
  await li.page.keyboard.press('s')
  const dialog = li.page.getByRole('dialog')
  await dialog.getByRole('button', { name: '4 h', exact: true }).click()
  await dialog.getByRole('button', { name: 'Shelve' }).click()
  expect(await dialog.innerText()).toContain('Needed')
  await dialog.getByLabel('Reason').fill('fan is being changed')
  expect(await faultsOf(li.page)).toEqual([])
  await dialog.getByRole('button', { name: 'Shelve' }).click()
  await says(wang.page, 'SHELF-1', 'Shelved 4h')
  await until('reason and end stand in the detail', async () =>
    (await li.page.getByRole('complementary').innerText()).includes('fan is being changed'),
  )
  expect(await faultsOf(li.page)).toEqual([])
  await letGo(li.page)
  await li.page.getByRole('button', { name: 'Shelved 1' }).click()
  await rowOf(li.page, 'SHELF-1').waitFor()
  await li.page.getByRole('button', { name: 'All active' }).click()
})

test('an act is taken back by its key, but not what a colleague did since', async () => {
  await rowOf(li.page, 'UNDO-1').click()
  await li.page.keyboard.press('a')
  await toast(li.page, '1 acknowledged').waitFor()
  await says(wang.page, 'UNDO-1', 'Acked')
  await li.page.keyboard.press('z')
  await toast(li.page, 'Taken back: 1').waitFor()
  await says(wang.page, 'UNDO-1', 'Unacked')
  await says(li.page, 'UNDO-1', 'Unacked')

  await li.page.keyboard.press('a')
  await says(wang.page, 'UNDO-1', 'Acked')
  await rowOf(wang.page, 'UNDO-1').click()
  await until('he may take it back', () => wang.page.getByRole('button', { name: 'Unacknowledge' }).isVisible())
  // A moment after somebody acknowledged, the key still means "acknowledge".
  await wang.page.waitForTimeout(2_100)
  await wang.page.keyboard.press('a')
  await says(li.page, 'UNDO-1', 'Unacked')
  await says(wang.page, 'UNDO-1', 'Unacked')
  await wang.page.keyboard.press('a')
  await says(li.page, 'UNDO-1', 'Acked')
  await li.page.keyboard.press('z')
  await toast(li.page, 'somebody acted since').waitFor()
  await says(wang.page, 'UNDO-1', 'Acked')
  await Promise.all([li.page, wang.page].map(letGo))
})

test('everything the filter matches: fixed when asked, confirmed with its count, a result per row', async () => {
  await post(
    Array.from({ length: 320 }, (_, n) => `BULK-${String(n).padStart(3, '0')}`),
    { host: 'bulk-host', severity: 'low' },
  )
  await visit(wang, '/alarms?host=bulk-host&sort=desktop')
  await until('all are here', async () => (await wang.page.locator('footer .range').innerText()).includes('of 320'))
  await rowOf(wang.page, 'BULK-000').click()
  await wang.page.keyboard.press('c')
  await toast(wang.page, '1 claimed').waitFor()

  await visit(li, '/alarms?host=bulk-host&sort=desktop')
  await says(li.page, 'BULK-000', '王磊 Wang Lei')
  await li.page.keyboard.press('Control+a')
  await li.page.getByText('All 320 that matched').waitFor()
  await post(['BULK-LATE'], { host: 'bulk-host', severity: 'low' })
  await li.page.keyboard.press('c')
  const question = li.page.getByRole('dialog', { name: 'Claim 320 alarms?' })
  await question.getByRole('button', { name: 'Claim 320' }).click()
  await toast(li.page, '319 claimed, 0 already, 1 refused').getByRole('button', { name: 'View' }).click()
  const results = li.page.getByRole('dialog', { name: /Results of 320/ })
  expect(await results.innerText()).toMatch(/BULK-000\s+王磊 Wang Lei has it since/)
  await results.getByRole('button', { name: 'Close' }).click()
  await li.page.keyboard.press('z')
  await toast(li.page, 'Taken back: 319').waitFor()
  await letGo(li.page)
})

test('a range is chosen with shift, and groups say what they hold', async () => {
  await visit(li, '/alarms?host=bulk-host&sort=desktop')
  await rowOf(li.page, 'BULK-002').click({ modifiers: ['Control'] })
  await rowOf(li.page, 'BULK-006').click({ modifiers: ['Shift'] })
  await li.page.getByText('5 selected').waitFor()
  await letGo(li.page)
  await visit(li, '/alarms?group=host')
  const head = li.page.getByRole('row').filter({ hasText: 'bulk-host' }).first()
  await until('the group counts its alarms', async () => (await head.innerText()).includes('321'))
  await head.click()
  await until('its rows are folded away', async () => (await rowOf(li.page, 'BULK-000').count()) === 0)
  expect(await faultsOf(li.page)).toEqual([])
})

test('a shared view stands among the tabs of both with its count; what is filtered is taken away as a file', async () => {
  await visit(li, '/alarms?host=bulk-host')
  await li.page.getByRole('button', { name: 'Save view' }).click()
  const dialog = li.page.getByRole('dialog', { name: 'Save this view' })
  await dialog.getByLabel('Name').fill('Night shift')
  await dialog.getByLabel('Share it').check()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  for (const { page } of [li, wang]) {
    await until('the view stands among the tabs with its count', () =>
      page
        .getByRole('group', { name: 'Views of the list' })
        .getByRole('button', { name: 'Night shift 321' })
        .isVisible(),
    )
  }
  await li.page.getByRole('button', { name: 'Arrange and export' }).click()
  const [file] = await Promise.all([
    li.page.waitForEvent('download'),
    li.page.getByRole('menuitem', { name: 'Export as CSV' }).click(),
  ])
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(322)
})

test('nothing moves under the hand: the open row keeps its place to the pixel while alarms come in', async () => {
  await visit(li, '/alarms')
  await rowOf(li.page, 'RACE-1').click()
  await li.page.getByRole('complementary', { name: 'RACE-1' }).waitFor()
  const sampling = await sampleBox(li.page, `.row[aria-selected='true']`)
  for (let n = 0; n < 10; n++) {
    await post(
      Array.from({ length: 5 }, (_, m) => `NEWS-${n}-${m}`),
      { severity: 'critical' },
    )
  }
  await li.page.getByRole('button', { name: /^50 new/ }).waitFor()
  const sampled = await sampling.stop()
  console.log(`the open row was looked at in ${sampled.frames} frames and moved by ${sampled.moved} px`)
  expect(sampled).toMatchObject({ moved: 0, gone: 0 })
  expect([...li.errors, ...wang.errors]).toEqual([])
})
