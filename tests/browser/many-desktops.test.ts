/** `npm run soak -- desktops`: the page of 10,000 desktops while they are powered on and off and somebody scrolls. */
import { loadavg } from 'node:os'
import type { Browser } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openDesk } from '../support/browser.ts'
import { plantDesktops } from '../support/desktops.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { offerSimulated, type TestFleet } from '../support/fleets.ts'
import { tasksDuring } from '../support/frames.ts'
import { until } from '../support/until.ts'

const many = Number(process.env['DESKTOPS_MANY'] ?? 0)
const seconds = 30
const mostTaskMs = 100
const perCommand = 200
const perWrite = 300

describe.skipIf(many === 0)('thousands of desktops', () => {
  let deskwatch: Deskwatch
  let fleet: TestFleet
  let browser: Browser
  const names = Array.from({ length: many }, (_, n) => `PC-${String(n + 1).padStart(5, '0')}`)
  const ids = names.map((name) => `acme:${name.toLowerCase()}`)

  beforeAll(async () => {
    deskwatch = await startDeskwatch()
    fleet = await offerSimulated(deskwatch.house.dir, names)
    for (let at = 0; at < many; at += perWrite)
      await plantDesktops(deskwatch.house, 'simulated', names.slice(at, at + perWrite), { region: 'south' })
    const reader = await deskwatch.signIn('viewer@acme')
    const total = async () => (await reader.get('/desktops?limit=1')).as<{ total: number }>().total
    await until('the desktops are listed', async () => (await total()) === many, 120)
    browser = await openBrowser()
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    const faults = deskwatch?.faults()
    await deskwatch?.stop()
    await fleet?.close()
    expect(faults).toEqual([])
  })

  test('while they are powered on and off, the page that shows them has no long task', async () => {
    const operator = await deskwatch.signIn('operator@acme')
    const { page, close } = await openDesk(browser, deskwatch, 'operator@acme', '/desktops')
    await page.getByRole('row').filter({ hasText: 'PC-00003' }).click()
    await page.getByRole('complementary', { name: 'PC-00003' }).waitFor()
    let changed = 0
    const tasks = await tasksDuring(browser, page, async () => {
      let commands = 0
      for (const ends = Date.now() + seconds * 1_000; Date.now() < ends; commands++) {
        const at = (commands * perCommand) % many
        const verb = Math.floor((commands * perCommand) / many) % 2 === 0 ? 'power-on' : 'power-off'
        const answer = await operator.post(`/desktops/actions/${verb}`, { ids: ids.slice(at, at + perCommand) })
        expect(answer.status).toBe(200)
        changed += answer.as<{ results: { ok: boolean }[] }>().results.filter(({ ok }) => ok).length
        await page.mouse.move(500, 500)
        await page.mouse.wheel(0, commands % 5 === 4 ? -3_000 : 900)
      }
    })
    const [longest] = tasks
    const onClock = Math.max(0, ...tasks.map(({ took }) => took))
    console.log(
      `${many} desktops, ${changed} power acts in ${seconds} s: of ${tasks.length} tasks the longest took ${Math.round(longest?.cpu ?? 0)} ms of the processor, ${Math.round(onClock)} ms on the clock (load ${loadavg()[0]?.toFixed(1)})`,
    )
    expect(changed).toBeGreaterThan(perCommand)
    expect(tasks.length).toBeGreaterThan(100)
    expect(longest?.cpu ?? 0).toBeLessThan(mostTaskMs)
    await close()
  }, 180_000)
})
