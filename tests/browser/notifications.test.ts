/** The bell, the settings and the page of who is on call in a real browser; web push as the service worker shows it. */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import { must } from '../../server/core/must.ts'
import { faultsOf } from '../support/accessibility.ts'
import { openBrowser, openDesk, openPhone } from '../support/browser.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let browser: Browser
let alarm: AlarmRow

beforeAll(async () => {
  ;[deskwatch, browser] = await Promise.all([startDeskwatch(), openBrowser()])
  await deskwatch.seedAlarms(4)
  const second = await deskwatch.signIn('operator2@acme')
  alarm = must((await second.get('/alarms?limit=1')).as<{ items: AlarmRow[] }>().items[0], 'it was seeded')
})
afterAll(async () => {
  await browser?.close()
  await deskwatch?.stop()
})

const note = async (text: string) => {
  const second = await deskwatch.signIn('operator2@acme')
  return second.post(`/alarms/${encodeURIComponent(alarm.id)}/actions/note`, { text })
}
const violations = async (page: Page) => (await faultsOf(page)).map(({ id }) => id)

test('a mention rings the bell of the one it names; reading it opens the alarm and empties the bell', async () => {
  const desk = await openDesk(browser, deskwatch, 'operator@acme')
  const bell = desk.page.getByRole('button', { name: 'Notifications, 0 unread' })
  await bell.waitFor()
  await note('@operator have a look')
  await desk.page.getByRole('button', { name: 'Notifications, 1 unread' }).waitFor()
  // By keyboard: the bell, its first row, the alarm.
  await desk.page.keyboard.press('b')
  const row = desk.page.getByRole('button', { name: /mentioned you on/ })
  await row.waitFor()
  expect(await violations(desk.page)).toEqual([])
  await row.focus()
  await desk.page.keyboard.press('Enter')
  await desk.page.waitForURL(/open=/)
  await bell.waitFor()
  expect(await desk.neverReloaded()).toBe(true)
  expect(desk.errors).toEqual([])
  await desk.close()
})

test('an administrator makes a schedule and a policy; operators see who is on call without a reload', async () => {
  const [admin, operator] = await Promise.all([
    openDesk(browser, deskwatch, 'admin@acme', '/on-call'),
    openDesk(browser, deskwatch, 'operator@acme', '/on-call'),
  ])
  await operator.page.getByText('There is no schedule yet').waitFor()
  const { page } = admin
  await page.getByRole('button', { name: 'New schedule' }).click()
  await page.getByLabel('Name').fill('Night desk')
  await page.getByLabel('Add somebody').selectOption({ label: '李娜 Li Na · operator@acme' })
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Save' }).click()
  const shown = operator.page.getByRole('article').filter({ hasText: 'Night desk' })
  await shown.getByText('李娜 Li Na').first().waitFor()
  await shown.getByText('you', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'New policy' }).click()
  await page.getByLabel('Name').fill('Critical')
  await page.getByRole('button', { name: 'Save' }).click()
  await operator.page.getByText('5 min → Night desk (Push)').waitFor()
  for (const desk of [admin, operator]) {
    expect(await violations(desk.page)).toEqual([])
    expect(desk.errors).toEqual([])
    await desk.close()
  }
})

test('what is chosen in the settings is kept, and a time zone moves every clock', async () => {
  const desk = await openDesk(browser, deskwatch, 'operator@acme', '/settings/notifications')
  const { page } = desk
  await page.getByRole('checkbox', { name: 'Send nothing at night' }).check()
  await page.getByLabel('Time zone').last().selectOption('Asia/Shanghai')
  const reader = await deskwatch.signIn('operator@acme')
  await until('both are stored', async () => {
    const { quiet } = (await reader.get('/notification-preferences')).as<{ quiet: { from: string } | null }>()
    return quiet?.from === '22:00' && (await reader.get('/session')).as<{ zone: string }>().zone === 'Asia/Shanghai'
  })
  await page.reload()
  expect(await page.getByRole('checkbox', { name: 'Send nothing at night' }).isChecked()).toBe(true)
  expect(await violations(page)).toEqual([])
  expect(desk.errors).toEqual([])
  await desk.close()
})

type EventMaker = new (name: string, init: object) => Event

test.each([
  { screen: 'desk', path: '/alarms' },
  { screen: 'phone', path: '/triage' },
])('a web push is shown by the service worker, and touching it takes the open $screen to the alarm', async (shows) => {
  const desk =
    shows.screen === 'phone'
      ? await openPhone(browser, deskwatch, 'operator@acme', deskwatch.origin)
      : await openDesk(browser, deskwatch, 'operator@acme')
  const { page } = desk
  const { origin } = new URL(page.url())
  await page.context().grantPermissions(['notifications'], { origin })
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const link = `/alarms?open=${encodeURIComponent(alarm.id)}`
  const said = { title: '紧急告警', body: '9 fps', link, event: 'escalation:1', at: Date.now() }
  const session = await page.context().newCDPSession(page)
  let registrationId = ''
  session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    registrationId = registrations[0]?.registrationId ?? registrationId
  })
  await session.send('ServiceWorker.enable')
  await until('the worker is registered', () => registrationId !== '')
  const push = () =>
    session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(said) })
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))
    })
  await push()
  await push()
  await until('it is shown', async () => (await shown()).length > 0)
  expect(await shown()).toEqual([{ title: '紧急告警', body: '9 fps', tag: 'escalation:1' }])
  const [worker] = page.context().serviceWorkers()
  await must(worker, 'it runs').evaluate(async () => {
    // The worker's own scope and events, which the types of a test do not know.
    const scope = globalThis as unknown as { registration: ServiceWorkerRegistration; NotificationEvent: EventMaker }
    const [notification] = await scope.registration.getNotifications()
    dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }))
  })
  await page.waitForURL(({ pathname, search }) => pathname === shows.path && search.includes('open='))
  expect(await desk.neverReloaded()).toBe(true)
  await desk.close()
})
