/**
 * A flood through a real Alertmanager before a real browser: everything is stored once, flood mode begins and ends by the
 * standard with shorter windows, and the row under the pointer does not move. `npm run soak -- flood` makes it 10,000.
 */
import type { Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import type { Quality } from '#contract/alarm-quality'
import { must } from '../../server/core/must.ts'
import { openBrowser, openDesk, rowOf } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { inBatches, startAlertmanager } from '../support/senders.ts'
import { until } from '../support/until.ts'

const alarms = Number(process.env['FLOOD_ALARMS'] ?? 400)
const seconds = Number(process.env['FLOOD_SECONDS'] ?? 4)
const windowSeconds = Number(process.env['FLOOD_WINDOW_SECONDS'] ?? 8)
const perPost = 50
const seeds = 8
const patience = 60 + seconds * 6

let deskwatch: Deskwatch
let api: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch({ env: { FLOOD_WINDOW_SECONDS: String(windowSeconds) } })
  await deskwatch.seedAlarms(seeds)
  api = await deskwatch.signIn('operator@acme')
})
afterAll(() => deskwatch?.stop())

const total = async () => (await api.get('/alarms?text=FLOOD-&limit=1')).as<{ total: number }>().total
const floods = async () => (await api.get('/alarm-quality?range=8h')).as<Quality>().floods

/** Told at an even pace, as many at once as a rule group of Prometheus would. */
async function send(alertmanager: string): Promise<void> {
  const began = performance.now()
  const severities = ['critical', 'high', 'medium', 'low']
  for (let at = 0; at < alarms; at += perPost) {
    const due = began + (at / alarms) * seconds * 1_000
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const alerts = Array.from({ length: Math.min(perPost, alarms - at) }, (_, n) => ({
      labels: {
        alertname: 'DesktopStutters',
        desktop: `FLOOD-${String(at + n).padStart(5, '0')}`,
        severity: severities[n % 4],
        batch: String(at / perPost),
      },
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3600_000).toISOString(),
    }))
    const body = JSON.stringify(alerts)
    const headers = { 'Content-Type': 'application/json' }
    expect((await fetch(`${alertmanager}/api/v2/alerts`, { method: 'POST', body, headers })).status).toBe(200)
  }
}

interface Sampled {
  frames: number
  /** Frames in which another row, or the same elsewhere, was under the pointer. */
  moved: number
  longestTask: number
}

/** Looks under the pointer in every frame, and at every task that kept the page from its next one. */
async function startSampling(page: Page, x: number, y: number): Promise<() => Promise<Sampled>> {
  await page.evaluate(
    ([x, y]) => {
      const seen = { frames: 0, moved: 0, longestTask: 0 }
      const row = () => document.elementFromPoint(x, y)?.closest('[role="row"]')
      const textOf = () => row()?.querySelector('.key')?.textContent ?? ''
      const boxOf = () => JSON.stringify(row()?.getBoundingClientRect())
      const [text, box] = [textOf(), boxOf()]
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) seen.longestTask = Math.max(seen.longestTask, duration)
      }).observe({ type: 'longtask' })
      const look = () => {
        seen.frames++
        if (textOf() !== text || boxOf() !== box || text === '') seen.moved++
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
      Object.assign(window, { seen })
    },
    [x, y] as const,
  )
  return () => page.evaluate(() => (window as unknown as { seen: Sampled }).seen)
}

test(
  'everything of a flood is stored once, it begins and ends by the standard, the row under the pointer stays',
  { timeout: patience * 3_000 },
  async ({ onTestFinished }) => {
    const browser = await openBrowser()
    onTestFinished(() => browser.close())
    const alertmanager = await startAlertmanager(
      { deskwatch: deskwatch.origin, token: await deskwatch.token('alarms:write') },
      inBatches,
    )
    onTestFinished(() => alertmanager.stop())
    const desk = await openDesk(browser, deskwatch, 'operator@acme')
    const { page } = desk
    const place = 'ACME-SEED-00004'
    await rowOf(page, place).click()
    await page.getByRole('complementary', { name: place }).waitFor()
    const box = must(await rowOf(page, place).boundingBox(), 'the row is shown')
    const [x, y] = [box.x + 200, box.y + box.height / 2]
    await page.mouse.move(x, y)
    await until('what stood before is no flood', async () => (await page.locator('.flood').count()) === 0, patience)
    const sampled = await startSampling(page, x, y)

    const began = performance.now()
    const sending = send(alertmanager.url)
    const since = (at: number) => ((performance.now() - at) / 1_000).toFixed(1)
    await page.locator('.flood').waitFor({ timeout: patience * 1_000 })
    const told = since(began)
    await sending
    const sent = since(began)
    await until('all stand in the list', async () => (await total()) === alarms, patience)
    const stored = since(began)
    await until('the flood has ended', async () => (await floods())[0]?.until !== null, patience)
    await page.locator('.flood').waitFor({ state: 'detached', timeout: 10_000 })
    const { frames, moved, longestTask } = await sampled()
    const [flood] = await floods()
    const ended = must(flood?.until, 'just ended')
    console.log(
      `${alarms} alarms in ${seconds} s: sent ${sent} s, all in the list ${stored} s, flood told after ${told} s, ` +
        `lasted ${((ended - must(flood, 'just ended').since) / 1_000).toFixed(1)} s (window ${windowSeconds} s); ` +
        `${frames} frames, moved in ${moved}, longest task ${longestTask.toFixed(0)} ms`,
    )

    expect(frames).toBeGreaterThan(seconds * 5)
    expect(moved).toBe(0)
    expect(flood?.alarms).toBeGreaterThanOrEqual(alarms)
    expect(flood?.alarms).toBeLessThanOrEqual(alarms + seeds)
    // It ends when fewer than five are left in the window: about one window after the last of them.
    expect(ended - must(flood, 'just ended').since).toBeGreaterThan((windowSeconds - 2) * 1_000)
    const reports = await deskwatch.house.core.db.collection('alarm-reports').countDocuments()
    expect(reports).toBe(alarms + seeds)
    const counts = new Set<string>()
    for (let cursor: string | null = '', pages = 0; cursor !== null && pages < 100; pages++) {
      const path: string = `/alarms?text=FLOOD-&limit=500&sort=desktop${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
      const { items, nextCursor } = (await api.get(path)).as<{ items: AlarmRow[]; nextCursor: string | null }>()
      for (const { count, episode } of items) counts.add(`${count} in episode ${episode}`)
      cursor = nextCursor
    }
    expect([...counts]).toEqual(['1 in episode 1'])
    expect(await desk.neverReloaded()).toBe(true)
    expect(desk.errors).toEqual([])
    expect(deskwatch.faults()).toEqual([])
  },
)
