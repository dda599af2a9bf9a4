/** Real senders before the eyes of two operators: nothing they report is lost, nothing is counted twice, nobody reloads. */
import type { Browser } from '@playwright/test'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import { must } from '../../server/core/must.ts'
import { openBrowser, openDesk, rowOf, type Desk } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { startAlertmanager, startExporter, startGate, startPrometheus } from '../support/senders.ts'
import { until } from '../support/until.ts'

/** How long Deskwatch answers 503 while its sender has news. */
const outageSeconds = Number(process.env['OUTAGE_SECONDS'] ?? 15)
const patience = outageSeconds + 60

let deskwatch: Deskwatch
let browsers: Browser[]
let desks: Desk[]
let api: Client
const opened: { stop: () => Promise<void> }[] = []

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  browsers = await Promise.all([openBrowser(), openBrowser()])
  api = await deskwatch.signIn('operator@acme')
})
afterEach(async () => {
  await Promise.all(desks.map((desk) => desk.close()))
  await Promise.all(opened.splice(0).map((one) => one.stop()))
})
afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()))
  await deskwatch?.stop()
})

async function openDesks(): Promise<void> {
  const operators = ['operator@acme', 'operator2@acme']
  desks = await Promise.all(browsers.map((browser, index) => openDesk(browser, deskwatch, operators[index] ?? '')))
}

async function running<T extends { stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> {
  const one = await starting
  opened.push(one)
  return one
}

/** Both operators see the alarm in that state; null: it has left their lists. */
async function bothSee(place: string, state: string | null, seconds = 20): Promise<void> {
  for (const { page } of desks) {
    await until(
      `the list shows ${place} ${state ?? 'no more'}`,
      async () => {
        const rows = rowOf(page, place)
        if (state === null) return (await rows.count()) === 0
        return (await rows.count()) === 1 && (await rows.innerText()).includes(state)
      },
      seconds,
    )
  }
}

const alarmOf = async (place: string): Promise<AlarmRow | undefined> => {
  const { items } = (await api.get(`/alarms?text=${place}`)).as<{ items: AlarmRow[] }>()
  expect(items.length).toBeLessThanOrEqual(1)
  return items[0]
}

/** Acknowledges as the operator of the first desk does: open the row, press the button, let go of the list. */
async function acknowledge(place: string): Promise<void> {
  const { page } = must(desks[0], 'two desks are open')
  const detail = page.getByRole('complementary', { name: place })
  await rowOf(page, place).click()
  await detail.getByRole('button', { name: 'Acknowledge' }).click()
  await page.mouse.move(5, 5)
  await page.keyboard.press('Escape')
  await detail.waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
}

test(
  'an alert of Prometheus appears, resolves and re-fires on two screens; resends and 503s change nothing',
  { timeout: patience * 3_000 },
  async () => {
    const place = 'ACME-CAD-0112'
    const gate = await running(startGate(deskwatch.origin))
    const exporter = await running(startExporter(place))
    await running(
      startPrometheus({ deskwatch: gate.url, token: await deskwatch.token('alarms:write'), exporter: exporter.url }),
    )
    await openDesks()

    exporter.stutter(true)
    await bothSee(place, 'Unacked')
    expect(await alarmOf(place)).toMatchObject({
      type: 'DesktopStutters',
      severity: 'critical',
      source: 'prometheus',
      business: '研发桌面',
      summary: `Frames are skipped on ${place}`,
      runbook: 'https://runbooks.example.com/stutter',
      episode: 1,
      count: 1,
    })

    // Prometheus says the same again, and again.
    const first = await alarmOf(place)
    const before = gate.seen.handedOn
    await until('two resends have come', () => gate.seen.handedOn >= before + 2)
    await until(
      'the alarm was seen again',
      async () => ((await alarmOf(place))?.lastSeenAt ?? 0) > (first?.lastSeenAt ?? 0),
    )
    expect(await alarmOf(place)).toMatchObject({ count: 1, episode: 1, raisedAt: first?.raisedAt })

    await acknowledge(place)
    await bothSee(place, 'Acked')
    exporter.stutter(false)
    await bothSee(place, null)

    // It fires again while Deskwatch takes nothing.
    gate.close()
    exporter.stutter(true)
    await new Promise((resolve) => setTimeout(resolve, outageSeconds * 1_000))
    expect(gate.seen.refused).toBeGreaterThan(0)
    gate.open()
    await bothSee(place, 'Unacked', patience)
    expect(await alarmOf(place)).toMatchObject({ count: 1, episode: 2 })

    // It resolves while Deskwatch takes nothing.
    gate.close()
    const refused = gate.seen.refused
    exporter.stutter(false)
    await until('the resolve was refused', () => gate.seen.refused > refused)
    gate.open()
    await bothSee(place, 'RTN unack', patience)
    expect(await Promise.all(desks.map((desk) => desk.neverReloaded()))).toEqual([true, true])
  },
)

test(
  'an alert of Alertmanager does the same; what it could not deliver during 503s arrives afterwards',
  { timeout: patience * 3_000 },
  async () => {
    const place = 'gz1-h-017'
    const gate = await running(startGate(deskwatch.origin))
    const alertmanager = await running(
      startAlertmanager({ deskwatch: gate.url, token: await deskwatch.token('alarms:write') }),
    )
    await openDesks()
    const labels = { alertname: 'HostSaturated', host: place, severity: 'warning' }
    const annotations = { description: 'CPU pressure' }
    const tell = async (alert: object) => {
      const body = JSON.stringify([{ labels, annotations, ...alert }])
      const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json' },
      })
      expect(answer.status).toBe(200)
    }

    await tell({ startsAt: new Date().toISOString() })
    await bothSee(place, 'Unacked')
    expect(await alarmOf(place)).toMatchObject({
      type: 'HostSaturated',
      severity: 'medium',
      source: 'alertmanager',
      summary: 'CPU pressure',
      count: 1,
    })
    const before = gate.seen.handedOn
    await until('Alertmanager has repeated itself', () => gate.seen.handedOn >= before + 2)
    expect(await alarmOf(place)).toMatchObject({ count: 1, episode: 1 })

    await acknowledge(place)
    await bothSee(place, 'Acked')
    await tell({ endsAt: new Date().toISOString() })
    await bothSee(place, null)

    gate.close()
    await tell({ startsAt: new Date().toISOString() })
    await new Promise((resolve) => setTimeout(resolve, outageSeconds * 1_000))
    expect(gate.seen.refused).toBeGreaterThan(0)
    gate.open()
    await bothSee(place, 'Unacked', patience)
    expect(await alarmOf(place)).toMatchObject({ count: 1, episode: 2 })
    expect(await Promise.all(desks.map((desk) => desk.neverReloaded()))).toEqual([true, true])
  },
)
