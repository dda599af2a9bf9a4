/** Real senders before the eyes of two operators: nothing they report is lost, nothing is counted twice, nobody reloads. */
import type { Browser } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import { openBrowser, openDesk, rowOf, type Desk } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { startAlertmanager, startExporter, startGate, startPrometheus } from '../support/senders.ts'
import { until } from '../support/until.ts'

/** How long Deskwatch answers 503 while its sender has news; `npm run soak -- senders` makes it a minute. */
const outageSeconds = Number(process.env['OUTAGE_SECONDS'] ?? 15)
const patience = outageSeconds + 60

let deskwatch: Deskwatch
let browsers: Browser[]
let api: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  browsers = await Promise.all([openBrowser(), openBrowser()])
  api = await deskwatch.signIn('operator@acme')
})
afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()))
  await deskwatch?.stop()
})

/** One alarm, by the desktop or host it is of, on the screens of two operators in two browsers. */
class Scene {
  readonly place: string
  readonly #desks: [Desk, Desk]

  constructor(place: string, desks: [Desk, Desk]) {
    this.place = place
    this.#desks = desks
  }

  static async of(place: string, [one, other]: readonly Browser[]): Promise<Scene> {
    if (!one || !other) throw new Error('two browsers are open')
    const desks = [openDesk(one, deskwatch, 'operator@acme'), openDesk(other, deskwatch, 'operator2@acme')] as const
    return new Scene(place, await Promise.all(desks))
  }

  /** Both operators see it in that state; null: it has left their lists. */
  async bothSee(state: string | null, seconds = 30): Promise<void> {
    for (const { page } of this.#desks) {
      const rows = rowOf(page, this.place)
      const shown = async () => {
        const count = await rows.count()
        if (state === null || count !== 1) return state === null && count === 0
        return (await rows.innerText({ timeout: 1_000 })).includes(state)
      }
      await until(`the list shows ${this.place} ${state ?? 'no more'}`, shown, seconds)
    }
  }

  /** As the operator of the first desk does: open the row, press the button, let go of the list. */
  async acknowledge(): Promise<void> {
    const { page } = this.#desks[0]
    const detail = page.getByRole('complementary', { name: this.place })
    await rowOf(page, this.place).click()
    await detail.getByRole('button', { name: 'Acknowledge' }).click()
    await page.mouse.move(5, 5)
    await page.keyboard.press('Escape')
    await detail.waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
  }

  async alarm(): Promise<AlarmRow> {
    const { items } = (await api.get(`/alarms?text=${this.place}`)).as<{ items: AlarmRow[] }>()
    const [alarm, ...others] = items
    if (!alarm || others.length > 0) throw new Error(`${items.length} alarms of ${this.place}`)
    return alarm
  }

  /** Nothing was reloaded and nothing complained. */
  async close(): Promise<void> {
    for (const desk of this.#desks) {
      expect(await desk.neverReloaded()).toBe(true)
      expect(desk.errors).toEqual([])
      await desk.close()
    }
  }
}

/** What a test starts ends with it, however it ends. */
const stoppedWith =
  (finished: (stop: () => Promise<void>) => void) =>
  async <T extends { stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const one = await starting
    finished(() => one.stop())
    return one
  }

const settled = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// Side by side: each waits out an outage of its own.
describe.concurrent('on two screens', { timeout: patience * 3_000 }, () => {
  test('an alert of Prometheus appears, resolves and re-fires; resends and 503s change nothing', async ({
    onTestFinished,
  }) => {
    const running = stoppedWith(onTestFinished)
    const gate = await running(startGate(deskwatch.origin))
    const exporter = await running(startExporter('ACME-CAD-0112'))
    const token = await deskwatch.token('alarms:write')
    await running(startPrometheus({ deskwatch: gate.url, token, exporter: exporter.url }))
    const scene = await Scene.of('ACME-CAD-0112', browsers)

    exporter.stutter(true)
    await scene.bothSee('Unacked')
    const first = await scene.alarm()
    expect(first).toMatchObject({
      type: 'DesktopStutters',
      severity: 'critical',
      source: 'prometheus',
      business: '研发桌面',
      summary: 'Frames are skipped on ACME-CAD-0112',
      runbook: 'https://runbooks.example.com/stutter',
      episode: 1,
      count: 1,
    })

    const before = gate.seen.handedOn
    await until('two resends have come', () => gate.seen.handedOn >= before + 2)
    await until('it was seen again', async () => (await scene.alarm()).lastSeenAt > first.lastSeenAt)
    expect(await scene.alarm()).toMatchObject({ count: 1, episode: 1, raisedAt: first.raisedAt })

    await scene.acknowledge()
    await scene.bothSee('Acked')
    exporter.stutter(false)
    await scene.bothSee(null)

    // It fires again while Deskwatch takes nothing.
    gate.close()
    exporter.stutter(true)
    await settled(outageSeconds * 1_000)
    expect(gate.seen.refused).toBeGreaterThan(0)
    gate.open()
    await scene.bothSee('Unacked', patience)
    expect(await scene.alarm()).toMatchObject({ count: 1, episode: 2 })

    // It resolves while Deskwatch takes nothing.
    gate.close()
    const refused = gate.seen.refused
    exporter.stutter(false)
    await until('the resolve was refused', () => gate.seen.refused > refused)
    gate.open()
    await scene.bothSee('RTN unack', patience)
    await scene.close()
  })

  test('an alert of Alertmanager does the same; what 503s kept back arrives afterwards', async ({ onTestFinished }) => {
    const running = stoppedWith(onTestFinished)
    const gate = await running(startGate(deskwatch.origin))
    const token = await deskwatch.token('alarms:write')
    const alertmanager = await running(startAlertmanager({ deskwatch: gate.url, token }))
    const scene = await Scene.of('gz1-h-017', browsers)
    const labels = { alertname: 'HostSaturated', host: 'gz1-h-017', severity: 'warning' }
    const tell = async (times: { startsAt?: string; endsAt?: string }) => {
      const body = JSON.stringify([{ labels, annotations: { description: 'CPU pressure' }, ...times }])
      const headers = { 'Content-Type': 'application/json' }
      expect((await fetch(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', body, headers })).status).toBe(200)
    }

    await tell({ startsAt: new Date().toISOString() })
    await scene.bothSee('Unacked')
    expect(await scene.alarm()).toMatchObject({
      type: 'HostSaturated',
      severity: 'medium',
      source: 'alertmanager',
      summary: 'CPU pressure',
      count: 1,
    })
    const before = gate.seen.handedOn
    await until('it has repeated itself', () => gate.seen.handedOn >= before + 2)
    expect(await scene.alarm()).toMatchObject({ count: 1, episode: 1 })

    await scene.acknowledge()
    await scene.bothSee('Acked')
    await tell({ endsAt: new Date().toISOString() })
    await scene.bothSee(null)

    gate.close()
    await tell({ startsAt: new Date().toISOString() })
    await settled(outageSeconds * 1_000)
    expect(gate.seen.refused).toBeGreaterThan(0)
    gate.open()
    await scene.bothSee('Unacked', patience)
    expect(await scene.alarm()).toMatchObject({ count: 1, episode: 2 })
    await scene.close()
  })
})
