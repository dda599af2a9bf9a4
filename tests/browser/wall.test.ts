/** A screen on a wall, from its link to the day it is sent away, through everything that befalls its server. */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DisplaySettings } from '#contract/displays'
import { seedDemoAlarms } from '../../server/features/alarms/demo.ts'
import { Random } from '../../server/fleet/simulated/random.ts'
import { faultsOf } from '../support/accessibility.ts'
import { openBrowser } from '../support/browser.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'
import { pathOf, WallScreen } from '../support/wall.ts'

/** Counts of four digits, as in a bad week. */
const alarms = 4_000
const longName = 'ACME-ENGINEERING-WORKSTATIONS-WEST-CAMPUS-BUILDING-7-0131'
let deskwatch: Deskwatch
let browser: Browser
let admin: Client
let sender: Client
let screen: WallScreen

beforeAll(async () => {
  deskwatch = await startDeskwatch({ env: { BUILD: 'first' } })
  await seedDemoAlarms(deskwatch.house.core, { tenant: 'acme', alarms, random: new Random(1) })
  admin = await deskwatch.signIn('admin@acme')
  await admin.post('/regions', { name: 'gz' })
  for (let n = 1; n <= 56; n++)
    await admin.post('/hosts', {
      name: `gz1-h-${String(n).padStart(3, '0')}`,
      region: 'gz',
      vcpus: 64,
      memoryGiB: 256,
    })
  await until(
    'all stand in the list',
    async () => (await admin.get('/alarms/statistics')).as<{ total: number }>().total >= alarms,
    60,
  )
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  browser = await openBrowser()
})
afterAll(async () => {
  await screen?.close()
  await browser?.close()
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

const post = (desktop: string, severity = 'critical') =>
  sender.post('/alarms', { type: 'stutter', severity, desktop, host: 'gz1-h-017', summary: 'Frames skipped' })
const change = (settings: Partial<DisplaySettings>) =>
  admin.request('PUT', pathOf(screen.display), {
    name: screen.display.name,
    settings: { ...screen.display.settings, ...settings },
  })
const shows = (name: string) =>
  until(`${name} is on the wall`, async () => (await screen.look())?.newest[0] === name, 20)

/**
 * As a browser does that lets no page be heard before somebody touches it: this one takes our own looks into the page for
 * touches. Counts tones, since nobody listens.
 */
function silentUntilTouched() {
  const touched = new Promise((resolve) => addEventListener('pointerdown', resolve, { once: true }))
  const resume = AudioContext.prototype.resume
  AudioContext.prototype.resume = function () {
    return touched.then(() => resume.call(this))
  }
  const Real = AudioContext
  window.AudioContext = class extends Real {
    constructor() {
      super()
      void this.suspend()
    }
  }
  const { start } = OscillatorNode.prototype
  let tones = 0
  OscillatorNode.prototype.start = function (at?: number) {
    document.documentElement.dataset['tones'] = String(++tones)
    start.call(this, at)
  }
}
const tones = (page: Page) => page.evaluate(() => Number(document.documentElement.dataset['tones'] ?? 0))

/** Texts that are too small to be read from six metres, and figures that do not fit where they stand. */
const illegible = (page: Page) =>
  page.evaluate(() => {
    const texts = [...document.querySelectorAll<HTMLElement>('main *')].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== ''),
    )
    const small = texts.filter((element) => parseFloat(getComputedStyle(element).fontSize) < 44)
    const beyond = texts.filter((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect()
      return left < 0 || right > innerWidth || top < 0 || bottom > innerHeight
    })
    const cut = [...document.querySelectorAll<HTMLElement>('.count')].filter((element) => {
      const range = document.createRange()
      range.selectNodeContents(element)
      const column = element.closest('.counts > div, .strip > h2')?.getBoundingClientRect()
      return range.getBoundingClientRect().right > (column?.right ?? 0)
    })
    const told = (what: string, found: Element[]) => found.map((element) => `${what}: ${element.textContent}`)
    return [...told('small', small), ...told('beyond', beyond), ...told('cut', cut)]
  })

test('a screen comes in by its link and shows an alarm; its sound is kept back until somebody touches it', async () => {
  screen = await WallScreen.open(browser, admin, 'NOC left', { pages: ['alarms'], language: 'en' }, silentUntilTouched)
  await until('it is live', screen.isLive, 20)
  expect(new URL(screen.page.url()).hash).toBe('')
  await post(longName)
  await shows(longName)
  expect(await tones(screen.page)).toBe(0)
  await screen.page.getByText('this browser keeps it back').waitFor()
  await screen.page.mouse.click(960, 500)
  await screen.page.getByText('this browser keeps it back').waitFor({ state: 'detached' })
  await until('what waits for somebody is heard', async () => (await tones(screen.page)) >= 5)
  await until('the list of displays knows', async () => {
    const { items } = (await admin.get('/displays')).as<{ items: { build: string | null }[] }>()
    return items[0]?.build === 'first'
  })
})

test('everything on it is legible from six metres, in both languages and themes, on both pages', async () => {
  for (const page of ['alarms', 'capacity'] as const) {
    for (const look of [{ language: 'zh-CN', theme: 'dark' } as const, { language: 'en', theme: 'light' } as const]) {
      await change({ pages: [page], ...look, sounds: { severities: [], volume: 0, silent: null } })
      await screen.page.locator(`main.${look.theme}[data-page=${page}]`).waitFor()
      await screen.page.locator(`html[lang=${look.language}]`).waitFor()
      expect(await screen.page.getByText(/1,\d\d\d/).count()).toBeGreaterThanOrEqual(2)
      // The strip and its controls go by themselves after a touch.
      await screen.page.getByRole('toolbar').waitFor({ state: 'detached' })
      expect(await illegible(screen.page), `${page} ${look.language}`).toEqual([])
      const violations = await faultsOf(screen.page)
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([])
    }
  }
  await screen.page.getByRole('listitem', { name: 'gz1-h-017, Critical' }).waitFor()
})

test('when its server is gone it says so within six seconds, and never that it is live', async () => {
  await change({ pages: ['alarms'], language: 'en', theme: 'dark' })
  await until('it is live', screen.isLive, 20)
  const before = await screen.look()
  await deskwatch.nodes[0]?.kill()
  await screen.page.getByText('Picture stopped, not current').waitFor({ timeout: 6_500 })
  const seen = new Set<string | null | undefined>()
  for (let n = 0; n < 10; n++) {
    seen.add((await screen.look())?.life)
    await screen.page.waitForTimeout(100)
  }
  expect([...seen].sort()).not.toContain('live')
  expect(await illegible(screen.page)).toEqual([])
  await deskwatch.restart(0, { BUILD: 'first' })
  await until('it is live again', screen.isLive, 30)
  await post('ACME-BACK-1')
  await shows('ACME-BACK-1')
  expect((await screen.look())?.document).toBe(before?.document)
})

test('a new build is taken as soon as it is served, without anybody’s help', async () => {
  const before = await screen.look()
  await deskwatch.nodes[0]?.stop()
  await deskwatch.restart(0, { BUILD: 'second' })
  await until('it is another document', async () => (await screen.look())?.document !== before?.document, 60)
  await until('it is live', screen.isLive, 30)
  admin = await deskwatch.signIn('admin@acme')
  await post('ACME-BACK-2')
  await shows('ACME-BACK-2')
})

test('a screen that is sent away says so within five seconds, shows nothing more, and stays away', async () => {
  await admin.post(`${pathOf(screen.display)}/actions/send-away`, {})
  await screen.page.getByText('This screen was sent away').waitFor({ timeout: 5_000 })
  expect(await screen.page.getByText('ACME-').count()).toBe(0)
  await screen.page.goto(`${deskwatch.origin}/wall`)
  await screen.page.getByText('This screen was sent away').waitFor()
  expect(screen.errors).toEqual([])
})
