/** The resource view of an alarm before an operator's eyes, with a fleet that is measured every second. */
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmResources } from '#contract/resources'
import { must } from '../../server/core/must.ts'
import { seedDemoInventory } from '../../server/features/inventory/demo.ts'
import { faultsOf } from '../support/accessibility.ts'
import { openBrowser, openDesk } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let browser: Browser
let api: Client
let fleet: ChildProcess
let alarm: string

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  const { dir, core } = deskwatch.house
  await seedDemoInventory(core, { tenant: 'acme', desktops: 24, seed: 1 })
  const admin = await deskwatch.signIn('admin@acme')
  const made = await admin.post('/tokens', { name: 'fleet', scopes: ['inventory:enrol', 'samples:write'] })
  await writeFile(join(dir, 'fleet-token'), JSON.stringify({ acme: made.as<{ token: string }>().token }))
  fleet = spawn(
    process.execPath,
    ['server/fleet/simulated/main.ts', '--desktops', '30', '--sample', '1', '--host-sample', '1', '--heartbeat', '5'],
    { env: { PATH: process.env['PATH'], SERVER_URL: deskwatch.origin, DATA_DIR: dir }, stdio: 'ignore' },
  )
  browser = await openBrowser()
  api = await deskwatch.signIn('operator@acme')
  await until('an alarm stands in the list, with samples of its desktop and its host', async () => {
    const { items } = (await api.get('/alarms?limit=1')).as<{ items: { id: string }[] }>()
    alarm = items[0]?.id ?? ''
    if (alarm === '') return false
    const { desktop, host } = await resourcesOf(alarm)
    return (desktop?.series.at.length ?? 0) > 3 && (host?.series.at.length ?? 0) > 3
  })
})
afterAll(async () => {
  fleet?.kill()
  await browser?.close()
  await deskwatch?.stop()
})

const resourcesOf = async (id: string) =>
  (await api.get(`/alarms/${encodeURIComponent(id)}/resources`)).as<AlarmResources>()
const pageOf = (id: string) => `/alarms/${encodeURIComponent(id)}/resources`

test('desktop, host and network stand on one axis with the report, the live minute beside it and a suspect with its rule', async () => {
  const { page, errors, close } = await openDesk(browser, deskwatch, 'operator@acme', pageOf(alarm))
  const { verdict } = await resourcesOf(alarm)
  for (const part of ['Desktop', 'Host', 'Network'])
    await page.getByRole('region', { name: part, exact: true }).waitFor()
  await page.getByRole('group', { name: 'Frame rate' }).locator('.frozen canvas').waitFor()
  await page.getByRole('group', { name: 'CPU steal' }).locator('.live canvas').waitFor()
  await page
    .getByText(/^Report \d\d:\d\d:\d\d$/)
    .first()
    .waitFor()
  expect(await page.getByRole('complementary', { name: 'Suspect' }).innerText()).toContain(`Rule ${verdict.rule}`)
  expect(await faultsOf(page)).toEqual([])

  const atReport = page.getByRole('group', { name: 'Frame rate' }).getByText('at report')
  await page.keyboard.press('ArrowLeft')
  await atReport.waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await atReport.waitFor()

  await page.keyboard.press('t')
  expect(await page.getByRole('table', { name: 'Resources by minute' }).getByRole('row').count()).toBe(32)
  expect(await faultsOf(page)).toEqual([])
  await page.keyboard.press('t')
  await page.getByRole('button', { name: '±1 h' }).click()
  await until('an hour is read', async () => (await page.getByText(/one each 4 s/).count()) === 1)
  expect(errors).toEqual([])
  await close()
})

test('the next alarm is one key away, and the alarm can be acknowledged from here', async () => {
  await until('there are two alarms', async () => {
    return (await api.get('/alarms?limit=1')).as<{ total: number }>().total >= 2
  })
  const { page, errors, close } = await openDesk(browser, deskwatch, 'operator@acme', pageOf(alarm))
  await page.locator('.lane canvas').first().waitFor()
  await page.keyboard.press(']')
  await page.waitForURL((url) => url.pathname !== pageOf(alarm))
  const next = new URL(page.url()).pathname
  await page.keyboard.press('[')
  await page.waitForURL((url) => url.pathname !== next)
  // The order is live: what stands before the next one now need not be where we came from.
  const open = decodeURIComponent(must(new URL(page.url()).pathname.split('/')[2], 'the path names the alarm'))
  await page.locator('.lane canvas').first().waitFor()
  await page.keyboard.press('a')
  await until('it is acknowledged', async () => {
    const { state } = (await api.get(`/alarms/${encodeURIComponent(open)}`)).as<{ state: string }>()
    return state === 'acknowledged' || state === 'normal'
  })
  expect(errors).toEqual([])
  await close()
})

test('without samples it says so, a missing alarm is missing, and a phone scrolls one way only', async () => {
  const sender = await deskwatch.token('alarms:write')
  const headers = { authorization: `Bearer ${sender}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ type: 'stutter', severity: 'high', desktop: 'NOBODY-KNOWS' })
  await fetch(`${deskwatch.origin}/api/v1/alarms`, { method: 'POST', headers, body })
  let unmeasured = ''
  await until('it is an alarm', async () => {
    const { items } = (await api.get('/alarms?desktop=NOBODY-KNOWS')).as<{ items: { id: string }[] }>()
    unmeasured = items[0]?.id ?? ''
    return unmeasured !== ''
  })
  const { page, close } = await openDesk(browser, deskwatch, 'operator@acme', pageOf(unmeasured))
  await page.getByRole('heading', { name: 'There are no samples around this report' }).waitFor()
  await page.getByText('Rule no-samples').waitFor()
  expect(await faultsOf(page)).toEqual([])
  await page.goto(`${deskwatch.origin}${pageOf('acme:none')}`)
  await page.getByRole('heading', { name: 'This alarm does not exist, or no longer' }).waitFor()
  await page.setViewportSize({ width: 320, height: 700 })
  await page.goto(`${deskwatch.origin}${pageOf(alarm)}`)
  await page.locator('.lane canvas').first().waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faultsOf(page)).toEqual([])
  await close()
})
