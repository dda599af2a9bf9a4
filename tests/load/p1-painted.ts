/** P1: from the post of an alarm to the last of 50 consoles that shows it: two real browser pages and 48 models. */
import type { BrowserContext, Page } from '@playwright/test'
import { openBrowser } from '../support/browser.ts'
import { post, type Installation } from './installation.ts'
import { until, type Part } from './row.ts'
import { figureOf, micros, percentile } from './statistics.ts'

const pages = 2
const models = 48
const postsPerRound = 30
const pauseMs = 200

/** Notes when the frame after a row's appearance begins, ms of the wall clock. Runs in the page. */
function watchRows(): void {
  const painted: Record<string, number> = {}
  Object.assign(window, { painted })
  const look = () => {
    for (const cell of document.querySelectorAll('[role=gridcell].desktop')) {
      const name = cell.textContent?.trim() ?? ''
      if (!name.startsWith('live-desk-') || name in painted) continue
      painted[name] = 0
      requestAnimationFrame(() => (painted[name] = performance.timeOrigin + performance.now()))
    }
  }
  document.addEventListener('DOMContentLoaded', () => {
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
  })
}

export const painted: Part = {
  id: 'P1',
  async rows({ installation, rounds, say }) {
    const { clients, target } = installation
    const browser = await openBrowser()
    try {
      const open = await Promise.all(
        Array.from({ length: pages }, async () => openPage(await browser.newContext(), installation)),
      )
      await clients.ask('open', { group: 'models', kind: 'model', count: models, ...target, cursor: null })
      const p95: number[] = []
      const p50: number[] = []
      for (let n = 0; n < rounds; n++) {
        const times = await roundOf(installation, open, n)
        p95.push(percentile(times, 95))
        p50.push(percentile(times, 50))
        say(`P1 p50 ${p50.at(-1)?.toFixed(0)} ms, p95 ${p95.at(-1)?.toFixed(0)} ms`)
      }
      await clients.ask('close', 'models')
      const figure = figureOf(p95)
      const what = `alarm posted to painted by the last of ${pages} pages and ${models} models`
      return [
        { id: 'P1', what: `${what}, p95`, figure, unit: 'ms', promise: '< 200 ms', kept: figure.median < 200 },
        { id: 'P1', what: 'the same, p50', figure: figureOf(p50), unit: 'ms', promise: '', kept: null },
      ]
    } finally {
      await browser.close()
    }
  },
}

async function openPage(context: BrowserContext, { target }: Installation): Promise<Page> {
  const [name = '', value = ''] = target.cookie.split('=')
  await context.addCookies([{ name, value, url: target.url }])
  const page = await context.newPage()
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.addInitScript(watchRows)
  await page.goto(`${target.url}/alarms?sort=newest`)
  await page.locator('[role=gridcell].desktop').first().waitFor({ timeout: 60_000 })
  return page
}

async function roundOf(installation: Installation, open: readonly Page[], round: number): Promise<number[]> {
  const sent: { name: string; wall: number; mono: number }[] = []
  for (let i = 0; i < postsPerRound; i++) {
    const one = { name: `live-desk-${round}-${i}`, wall: performance.timeOrigin + performance.now(), mono: micros() }
    sent.push(one)
    const status = await post(installation, {
      type: 'black-screen',
      severity: 'critical',
      desktop: one.name,
      readings: { sent: one.mono },
    })
    if (status !== 202) throw new Error(`an alarm was answered ${status}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  let seen: Record<string, number>[] = []
  let models48 = new Map<number, { clients: number; lastAt: number }>()
  const complete = await until(async () => {
    seen = await Promise.all(
      open.map((page) => page.evaluate(() => (window as unknown as { painted: Record<string, number> }).painted)),
    )
    models48 = new Map(
      await installation.clients.ask<[number, { clients: number; lastAt: number }][]>('painted', 'models'),
    )
    return sent.every(({ name, mono }) => seen.every((page) => page[name]) && models48.get(mono)?.clients === models)
  }, 15_000)
  if (!complete) {
    const missing = sent.filter(
      ({ name, mono }) => !seen.every((page) => page[name]) || models48.get(mono)?.clients !== models,
    )
    throw new Error(`${missing.length} of ${sent.length} alarms were not painted everywhere`)
  }
  return sent.map(({ name, wall, mono }) => {
    const inPages = seen.map((page) => (page[name] ?? Infinity) - wall)
    return Math.max(...inPages, ((models48.get(mono)?.lastAt ?? Infinity) - mono) / 1000)
  })
}
