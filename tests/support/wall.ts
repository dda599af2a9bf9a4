/** A screen on a wall: a browser that came in by a link, what it shows, and what it weighs. */
import type { Browser, CDPSession, Page } from '@playwright/test'
import { usualSettings, type DisplayRow, type DisplaySettings } from '#contract/displays'
import { must } from '../../server/core/must.ts'
import type { Client } from './client.ts'

export interface Shown {
  /** What the page says of itself: `live`, `stale`, `offline`…; null: it is not on the wall. */
  life: string | null
  page: string | null
  /** Names of the newest alarms. */
  newest: string[]
  /** The document it is: another one after a reload. */
  document: number
}

export interface Weight {
  heap: number
  nodes: number
}

export class WallScreen {
  readonly page: Page
  readonly display: DisplayRow
  readonly errors: string[] = []
  readonly #session: CDPSession

  private constructor(page: Page, display: DisplayRow, session: CDPSession) {
    this.page = page
    this.display = display
    this.#session = session
    page.on('pageerror', (error) => this.errors.push(error.message))
  }

  static async open(
    browser: Browser,
    admin: Client,
    name: string,
    settings: Partial<DisplaySettings> = {},
    /** Runs in the page before anything of it. */
    before?: () => void,
  ): Promise<WallScreen> {
    const made = await admin.post('/displays', { name, settings: { ...usualSettings, ...settings } })
    const display = made.as<DisplayRow>()
    const linked = await admin.post(`${pathOf(display)}/actions/make-link`, {})
    const link = must(linked.as<{ link: string | null }>().link, 'a link is shown once')
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1920, height: 1080 } })
    if (before) await context.addInitScript(before)
    const page = await context.newPage()
    const screen = new WallScreen(page, display, await context.newCDPSession(page))
    await page.goto(`${admin.url}/wall/open#${link}`)
    await page.locator('main[data-life]').waitFor({ timeout: 60_000 })
    return screen
  }

  /** One look, as quick as the browser answers; null while the page is between two documents. */
  async look(): Promise<Shown | null> {
    try {
      return await this.page.evaluate(() => {
        const main = document.querySelector<HTMLElement>('main[data-life]')
        const rows = document.querySelectorAll('.middle li .name')
        return {
          life: main?.dataset['life'] ?? null,
          page: main?.dataset['page'] ?? null,
          newest: [...rows].map((row) => row.textContent.trim()),
          document: performance.timeOrigin,
        }
      })
    } catch {
      return null // between two documents
    }
  }

  isLive = async () => (await this.look())?.life === 'live'

  /** After everything that can be let go was let go. */
  async weigh(): Promise<Weight> {
    await this.#session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#session.send('Runtime.getHeapUsage')
    const { nodes } = await this.#session.send('Memory.getDOMCounters')
    return { heap: usedSize, nodes }
  }

  close = () => this.page.context().close()
}

export const pathOf = ({ id }: Pick<DisplayRow, 'id'>) => `/displays/${encodeURIComponent(id)}`
