/** Real Chromium, signed-in pages, and everything a page complained about. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from '@playwright/test'
import type { Deskwatch } from './deskwatch.ts'
import { must } from '../../server/core/must.ts'

export const browserPath = process.env['CHROMIUM'] || '/usr/bin/chromium'
export const browserArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The pages are those that were built last: `npm test` builds before it tests. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync('build/index.html')) throw new Error('the web app is not built: npm run build')
  return chromium.launch({ executablePath: browserPath, args: browserArgs })
}

export interface Desk {
  page: Page
  /** Errors of the page so far: uncaught, and those of the console. */
  errors: string[]
  /** The same document since it was opened: nothing reloaded it. */
  neverReloaded: () => Promise<boolean>
  close: () => Promise<void>
}

/** A browser of its own for one operator: nothing is shared with other desks but the server. */
export async function openDesk(
  browser: Browser,
  deskwatch: Deskwatch,
  username: string,
  path = '/alarms',
  node = 0,
  screen: BrowserContextOptions = { viewport: { width: 1440, height: 900 } },
  url = must(deskwatch.nodes[node], `node ${node} runs`).url,
): Promise<Desk> {
  const { cookie } = await deskwatch.signIn(username, node)
  const [name = '', value = ''] = must(cookie, 'signing in sets a cookie').split('=')
  const context = await browser.newContext({ locale: 'en-US', ...screen })
  await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Strict' }])
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(url + path)
  const opened = await page.evaluate(() => performance.timeOrigin)
  return {
    page,
    errors,
    neverReloaded: async () => (await page.evaluate(() => performance.timeOrigin)) === opened,
    close: () => context.close(),
  }
}

/** A phone in portrait, on the page that it starts with; its app is installed as far as a browser does that by itself. */
export async function openPhone(browser: Browser, deskwatch: Deskwatch, username: string, url: string): Promise<Desk> {
  const screen = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
  const phone = await openDesk(browser, deskwatch, username, '/triage', 0, screen, url)
  await phone.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  return phone
}

export const phoneRow = (page: Page, place: string) => page.locator('li .row').filter({ hasText: place })

/** A finger that moves sideways over a row and is lifted there. */
export async function swipeRow(page: Page, place: string, by: number): Promise<void> {
  const box = must(await phoneRow(page, place).boundingBox(), `${place} is on the screen`)
  const [x, y] = [box.x + box.width / 2 - by / 2, box.y + box.height / 2]
  const finger = await page.context().newCDPSession(page)
  const touch = (type: 'touchStart' | 'touchMove', at: number) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x: at, y }] })
  await touch('touchStart', x)
  for (let step = 1; step <= 8; step++) await touch('touchMove', x + (by * step) / 8)
  // Lifted in motion it would be a fling, and the next tap would only stop that.
  await page.waitForTimeout(120)
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await finger.detach()
}

/** The row of a desktop or host in the alarm list. */
export const rowOf = (page: Page, place: string) =>
  page.getByRole('row').filter({ has: page.getByTitle(place, { exact: true }) })

export const isLive = (page: Page) => page.locator('.badge.live').first().isVisible()
