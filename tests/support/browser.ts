/** Real Chromium, signed-in pages, and everything a page complained about. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from '@playwright/test'
import type { Deskwatch } from './deskwatch.ts'
import { must } from '../../server/core/must.ts'

const args = [
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
  return chromium.launch({ executablePath: process.env['CHROMIUM'] || '/usr/bin/chromium', args })
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
): Promise<Desk> {
  const url = must(deskwatch.nodes[node], `node ${node} runs`).url
  const { cookie } = await deskwatch.signIn(username, node)
  const [name = '', value = ''] = must(cookie, 'signing in sets a cookie').split('=')
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 } })
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

/** The row of a desktop or host in the alarm list. */
export const rowOf = (page: Page, place: string) =>
  page.getByRole('row').filter({ has: page.getByTitle(place, { exact: true }) })

export const isLive = (page: Page) => page.locator('.badge.live').first().isVisible()
