/**
 * Screenshots of the screens against a running server, with axe on each:
 * `node tests/browser/screens.ts --url http://localhost:3000 --user operator@acme --password … [--out folder] [--only list]`
 */
import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import * as z from 'zod/mini'

const { values: flags } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:3000' },
    user: { type: 'string', default: 'operator@acme' },
    password: { type: 'string', default: process.env['DEMO_PASSWORD'] ?? '' },
    out: { type: 'string', default: 'test-results/screens' },
    only: { type: 'string', default: '' },
  },
})

const chromiumArgs = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

interface Screen {
  name: string
  path: string
  width: number
  height: number
  phone?: boolean
  /** Until this is there. */
  wait: string
  prepare?: (page: Page) => Promise<void>
  /** Its page has to complain: there is no network. */
  noisy?: boolean
}

const row = '[role="row"][aria-rowindex="3"]'
const openThird = async (page: Page) => {
  await page.locator('[role="grid"] .row').nth(2).click()
  await page.locator('aside.detail').waitFor()
  await page.mouse.move(400, 500)
}

/** Of the first alarm there is, by its address. */
const openResources = async (page: Page) => {
  const answer = await page.request.get(new URL('/api/v1/alarms?limit=1', page.url()).href)
  const { items } = z.object({ items: z.array(z.object({ id: z.string() })) }).parse(await answer.json())
  await page.goto(new URL(`/alarms/${encodeURIComponent(items[0]?.id ?? '')}/resources`, page.url()).href)
  await page.locator('canvas').first().waitFor()
}

const openOnPhone = async (page: Page) => {
  await page.locator('li .row').first().click()
  await page.locator('footer').waitFor()
}

/** One act waits, taken back again so that the next picture begins as this one did. */
const actOffline = async (page: Page) => {
  await page.locator('.badge.live').waitFor()
  // What the rows do not need comes after them; who loses the network before it is there has no acts yet.
  await page.waitForLoadState('networkidle')
  await page.context().setOffline(true)
  await page.locator('.offline').waitFor()
  await page.locator('li .row').first().click({ button: 'right' })
  await page.locator('dialog [role="menuitem"]').nth(1).click()
  await page.locator('.sheet li').waitFor()
}

const desk = { width: 1440, height: 900 }
const phone = { width: 390, height: 844, phone: true }
const both = (screen: Omit<Screen, 'width' | 'height' | 'phone'>): Screen[] => [
  { ...screen, ...desk },
  { ...screen, ...phone },
]
const openForm = (id: string) => async (page: Page) => {
  await page.locator('.head button').click()
  await page.locator(id).waitFor()
}

const screens: Screen[] = [
  { name: 'list', path: '/alarms', width: 1440, height: 900, wait: row, prepare: openThird },
  { name: 'list', path: '/alarms', width: 1920, height: 1080, wait: row, prepare: openThird },
  { name: 'list', path: '/alarms', width: 1200, height: 800, wait: row },
  { name: 'list', path: '/alarms', width: 820, height: 1180, wait: row },
  {
    name: 'list-filter-empty',
    path: '/alarms?desktop=nothing&severity=critical',
    width: 1440,
    height: 900,
    wait: '.verdict',
  },
  { name: 'history', path: '/alarms?tab=history', width: 1440, height: 900, wait: '[role="grid"]' },
  { name: 'quality', path: '/alarms/quality', width: 1440, height: 900, wait: 'canvas' },
  { name: 'quality', path: '/alarms/quality?range=24h', width: 1920, height: 1080, wait: 'canvas' },
  { name: 'quality', path: '/alarms/quality?range=1h', width: 390, height: 844, phone: true, wait: 'canvas' },
  { name: 'quality', path: '/alarms/quality?range=1h', width: 320, height: 844, phone: true, wait: 'canvas' },
  {
    name: 'quality-table',
    path: '/alarms/quality?range=1h',
    width: 1440,
    height: 900,
    wait: 'canvas',
    prepare: (page) => page.keyboard.press('t'),
  },
  ...both({ name: 'maintenance', path: '/alarms/maintenance', wait: 'section li, .verdict' }),
  ...both({
    name: 'maintenance-form',
    path: '/alarms/maintenance',
    wait: 'section li, .verdict',
    prepare: openForm('#window'),
  }),
  ...both({ name: 'work-orders', path: '/work-orders?tab=all', wait: '[role="grid"], .verdict' }),
  ...both({ name: 'on-call', path: '/on-call', wait: 'h2, .verdict' }),
  ...both({ name: 'notifications', path: '/notifications', wait: 'main' }),
  ...both({ name: 'settings', path: '/settings/notifications', wait: 'h2' }),
  ...both({ name: 'resources', path: '/notifications', wait: 'main', prepare: openResources }),
  ...([1440, 1920, 390] as const).map((width) => ({
    name: 'desktops',
    path: '/desktops',
    width,
    height: width === 1440 ? 900 : width === 1920 ? 1080 : 844,
    phone: width === 390,
    wait: row,
    prepare: async (page: Page) => {
      await page.locator('[role="grid"] .row').nth(2).click()
      await page.locator('.pane .name').waitFor()
    },
  })),
  ...both({ name: 'snapshots', path: '/snapshots', wait: '[role="grid"] .row, .verdict' }),
  ...both({ name: 'pools', path: '/desktops?tab=pools', wait: '[role="grid"] .row' }),
  { name: 'planned', path: '/images', width: 1440, height: 900, wait: '.verdict' },
  { name: 'wall', path: '/wall', width: 1920, height: 1080, wait: 'main[data-life]' },
  { name: 'displays', path: '/settings/displays', width: 1440, height: 900, wait: 'section li, .verdict' },
  ...both({
    name: 'display-form',
    path: '/settings/displays',
    wait: 'section li, .verdict',
    prepare: openForm('#display'),
  }),
  ...([390, 320] as const).flatMap((width) => {
    const phone = { path: '/triage', width, height: 844, phone: true, wait: 'li .row' } as const
    return [
      { ...phone, name: 'phone' },
      { ...phone, name: 'phone-detail', prepare: openOnPhone },
      {
        ...phone,
        name: 'phone-menu',
        prepare: async (page: Page) => {
          await openOnPhone(page)
          await page.locator('header .icon').nth(1).click()
          await page.locator('dialog [role="menu"]').waitFor()
        },
      },
      {
        ...phone,
        name: 'phone-resources',
        prepare: async (page: Page) => {
          await openOnPhone(page)
          await page.locator('.strip a').click()
          await page.locator('main .lanes, main table').first().waitFor()
        },
      },
      {
        ...phone,
        name: 'phone-shelf',
        prepare: async (page: Page) => {
          await page.locator('.toggles button').nth(2).click()
          await page.locator('.bulk button').first().click()
          await page.locator('dialog .ends').waitFor()
        },
      },
      {
        ...phone,
        name: 'phone-all',
        prepare: async (page: Page) => {
          await page.locator('.toggles button').nth(2).click()
          await page.locator('.bulk .main').click()
          await page.locator('dialog #act').waitFor()
        },
      },
      { ...phone, name: 'phone-offline', noisy: true, prepare: actOffline },
    ]
  }),
  { name: 'phone-me', path: '/me', width: 390, height: 844, phone: true, wait: '[role="menu"]' },
  { name: 'sign-in', path: '/login?stay', width: 1440, height: 900, wait: 'form' },
  { name: 'sign-in', path: '/login?stay', width: 390, height: 844, phone: true, wait: 'form' },
  { name: 'design', path: '/design', width: 1440, height: 900, wait: 'h1' },
]

async function signIn(browser: Browser): Promise<Awaited<ReturnType<BrowserContext['storageState']>>> {
  const context = await browser.newContext()
  const answer = await context.request.post(`${flags.url}/api/v1/session`, {
    data: { username: flags.user, password: flags.password },
    headers: { origin: new URL(flags.url).origin },
  })
  if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`)
  const state = await context.storageState()
  await context.close()
  return state
}

async function shoot(
  browser: Browser,
  state: Awaited<ReturnType<typeof signIn>>,
  screen: Screen,
  look: { theme: string; language: string },
) {
  const context = await browser.newContext({
    viewport: { width: screen.width, height: screen.height },
    colorScheme: look.theme === 'dark' ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: look.language,
    hasTouch: screen.phone ?? false,
    isMobile: screen.phone ?? false,
    ...(screen.name === 'sign-in' ? {} : { storageState: state }),
  })
  const page = await context.newPage()
  const noise: string[] = []
  page.on('console', (message) => message.type() === 'error' && noise.push(message.text()))
  page.on('pageerror', (error) => noise.push(String(error)))
  try {
    await page.goto(flags.url + screen.path)
    await page.locator(screen.wait).first().waitFor({ timeout: 6_000 })
    await screen.prepare?.(page)
    await page.waitForTimeout(700)
    const name = `${screen.name}-${look.language}-${look.theme}-${screen.width}x${screen.height}`
    await page.screenshot({ path: `${flags.out}/${name}.png` })
    const { violations } = await new AxeBuilder({ page }).analyze()
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    const found = violations.map(
      (each) =>
        `${each.id} × ${each.nodes.length}: ${each.nodes[0]?.target.join(' ')} ${each.nodes[0]?.failureSummary?.replaceAll('\n', ' ')}`,
    )
    const faults = [...found, ...(screen.noisy ? [] : noise), ...(wide ? ['scrolls sideways'] : [])]
    console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name}`)
    for (const fault of faults) console.log(`       ${fault.slice(0, 400)}`)
    return faults.length
  } catch (error) {
    console.log(
      `FAIL ${screen.name} ${look.language} ${look.theme} ${screen.width}: ${String(error).slice(0, 300)} ${noise.join(' | ').slice(0, 600)}`,
    )
    await page.screenshot({ path: `${flags.out}/failed-${screen.name}-${screen.width}.png` })
    return 1
  } finally {
    await context.close()
  }
}

await mkdir(flags.out, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: chromiumArgs,
})
try {
  const state = await signIn(browser)
  const only = flags.only.split(',').filter(Boolean)
  let faults = 0
  for (const screen of screens) {
    if (only.length > 0 && !only.includes(screen.name)) continue
    for (const look of [
      { theme: 'dark', language: 'zh-CN' },
      { theme: 'light', language: 'en-US' },
    ]) {
      faults += await shoot(browser, state, screen, look)
    }
  }
  console.log(`${faults} faults`)
  process.exitCode = faults > 0 ? 1 : 0
} finally {
  await browser.close()
}
