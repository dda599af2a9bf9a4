/** Being told: the centre that nobody else sees, and push, webhook and mail as real receivers get them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import type { DeliveryRow, NotificationRow, Preferences } from '#contract/notifications'
import { must } from '../../server/core/must.ts'
import { Client } from '../support/client.ts'
import { WatchingConsole } from '../support/console.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import {
  startMailServer,
  startPushService,
  startWebhook,
  type MailServer,
  type PushService,
  type WebhookReceiver,
} from '../support/receivers.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let push: PushService
let webhook: WebhookReceiver
let mail: MailServer
let sender: Client
let operator: Client
let second: Client
let admin: Client
let auditor: Client

beforeAll(async () => {
  ;[push, webhook, mail] = await Promise.all([startPushService(), startWebhook(), startMailServer()])
  deskwatch = await startDeskwatch({
    env: {
      NODE_EXTRA_CA_CERTS: push.certificate,
      OUTGOING_ALLOW: '127.0.0.1',
      SMTP_URL: mail.url,
      PUBLIC_ORIGIN: 'http://127.0.0.1',
      DELIVERY_PAUSE_MS: '100',
      DELIVERY_ATTEMPTS: '4',
    },
  })
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  const signIn = (user: string) => deskwatch.signIn(`${user}@acme`)
  ;[operator, second, admin, auditor] = await Promise.all([
    signIn('operator'),
    signIn('operator2'),
    signIn('admin'),
    signIn('auditor'),
  ])
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  await Promise.all([push, webhook, mail].map((receiver) => receiver?.close()))
  expect(faults).toEqual([])
})

const items = async <T>(client: Client, path: string) => (await client.get(path)).as<{ items: T[] }>().items
const told = (client: Client) => items<NotificationRow>(client, '/notifications')
const ownDeliveries = (client: Client, query = '') =>
  items<DeliveryRow>(client, `/notification-preferences/deliveries?${query}`)

async function raise(desktop: string): Promise<string> {
  await sender.post('/alarms', { type: 'stutter', severity: 'critical', desktop, summary: '9 fps' })
  const find = async () => (await items<AlarmRow>(operator, `/alarms?desktop=${desktop}`))[0]
  await until(`${desktop} stands in the list`, async () => (await find()) !== undefined)
  return must(await find(), 'it stands there').id
}
const note = (client: Client, alarm: string, text: string) =>
  client.post(`/alarms/${encodeURIComponent(alarm)}/actions/note`, { text })
const prefer = async (client: Client, change: Partial<Preferences>) => {
  const before = (await client.get('/notification-preferences')).as<Preferences>()
  return client.request('PUT', '/notification-preferences', { ...before, ...change })
}
async function newDevice(client: Client, name = 'Chrome on a phone') {
  const { key } = (await client.get('/push-key')).as<{ key: string }>()
  const subscription = push.subscribe(key)
  const added = await client.post('/push-devices', { name, ...subscription })
  expect(added.status).toBe(201)
  return { subscription, id: added.as<{ id: string }>().id, added }
}

test('S10 S15: a mention reaches the console of the one it names, and no other socket, list or act', async () => {
  const consoles = await Promise.all(
    [operator, second, admin, auditor].map((client) => WatchingConsole.open(deskwatch.origin, client, 'notifications')),
  )
  const alarm = await raise('TOLD-1')
  expect((await note(second, alarm, 'please look, @operator')).status).toBe(200)
  const [mine, ...others] = consoles
  await until('it is on his console', () => must(mine, 'opened').shows('王磊 Wang Lei mentioned you on TOLD-1'))
  const [row] = await told(operator)
  const { id } = must(row, 'it is in his list')
  expect(row).toMatchObject({
    kind: 'mention',
    severity: 'critical',
    readAt: null,
    link: `/alarms?open=${encodeURIComponent(alarm)}`,
    text: { en: { body: 'please look, @operator' }, 'zh-CN': { title: '王磊 Wang Lei 在 TOLD-1 的备注中提到了你' } },
  })
  for (const client of [second, admin, auditor]) {
    expect(await told(client)).toEqual([])
    for (const headers of [undefined, { 'If-Match': '"9"' }]) {
      const answer = await client.post('/notifications/actions/read', { ids: [id] }, headers)
      expect(answer.body).toMatchObject({ results: [{ id, ok: false, problem: { code: 'request.not-found' } }] })
      expect(JSON.stringify(answer.body)).not.toContain('TOLD-1')
    }
  }
  expect((await operator.post('/notifications/actions/read', { ids: [id] })).body).toMatchObject({
    results: [{ id, ok: true, changed: true }],
  })
  await until('his console shows it as read', () =>
    /"readAt":\d/.test(JSON.stringify([...must(mine, 'opened').rows.values()])),
  )
  expect((await operator.get('/notifications?unread=1')).body).toMatchObject({ total: 0 })
  for (const other of others) expect(other.rows.size).toBe(0)
  consoles.forEach((console) => console.close())
})

test('a hand-over tells the receiver once, also when it is repeated; one’s own acts tell nobody', async () => {
  const alarm = await raise('TOLD-2')
  const act = (client: Client, verb: string, body: object) =>
    client.post(`/alarms/${encodeURIComponent(alarm)}/actions/${verb}`, body)
  await act(operator, 'claim', {})
  expect((await act(operator, 'hand-over', { to: 'operator2' })).status).toBe(200)
  await until('he is told', async () => (await told(second)).some(({ kind }) => kind === 'hand-over'))
  expect((await told(second))[0]?.text.en.title).toBe('李娜 Li Na handed the alarm on TOLD-2 to you')
  await note(second, alarm, 'thanks @operator, @operator2 has it')
  await until('the answer is told', async () => (await told(operator)).length === 2)
  expect((await told(second)).map(({ kind }) => kind)).toEqual(['hand-over'])
  expect((await operator.post('/notifications/actions/read-all', {})).body).toEqual({ changed: 1 })
})

test('web push: a device is told once, in its language, encrypted for it and signed with the installation’s key', async () => {
  const { subscription, id, added } = await newDevice(operator)
  expect(JSON.stringify(added.body)).not.toContain(subscription.keys.auth)
  await operator.post('/session/preferences', { language: 'en' })
  const { event } = (await operator.post('/notification-preferences/actions/test', { channel: 'push' })).as<{
    event: string
  }>()
  await until('it has arrived', async () => push.received(subscription).length > 0)
  await until('it is settled', async () => (await ownDeliveries(operator, `event=${event}`))[0]?.state === 'sent')
  expect(push.received(subscription)).toMatchObject([{ title: 'Test from Deskwatch', event }])
  expect(await ownDeliveries(operator, `event=${event}`)).toMatchObject([
    { channel: 'push', target: 'Chrome on a phone', attempts: 1, reason: null },
  ])
  const alarm = await raise('TOLD-3')
  await note(second, alarm, '@operator now')
  await until('the mention has arrived', async () => push.received(subscription).length === 2)
  expect(push.received(subscription)[1]).toMatchObject({ link: `/alarms?open=${encodeURIComponent(alarm)}` })
  // Somebody else in the same browser: it is his device now.
  const taken = await second.post('/push-devices', { name: 'same browser', ...subscription })
  expect(taken.status).toBe(201)
  expect(await items(operator, '/push-devices')).toEqual([])
  const own = taken.as<{ id: string }>().id
  expect((await operator.delete(`/push-devices/${encodeURIComponent(own)}`)).status).toBe(404)
  expect((await second.delete(`/push-devices/${encodeURIComponent(own)}`)).status).toBe(200)
  expect(id).not.toBe(own)
})

test('a push service that has given a subscription up ends the device, and says so', async () => {
  const { id } = await newDevice(second, 'an old phone')
  push.refuse = 410
  await second.post('/notification-preferences/actions/test', { channel: 'push' })
  await until('it is gone', async () => (await items<{ id: string }>(second, '/push-devices')).length === 0)
  push.refuse = null
  expect((await ownDeliveries(second))[0]).toMatchObject({ state: 'failed', reason: 'target.gone', attempts: 1 })
  expect(id).toContain('operator2')
})

test('a receiver that is down is tried again, then the failure stands there with its reason, and can be tried anew', async () => {
  const { subscription } = await newDevice(operator)
  push.refuse = 503
  push.asked = 0
  const { event } = (await operator.post('/notification-preferences/actions/test', { channel: 'push' })).as<{
    event: string
  }>()
  const one = async () => (await items<DeliveryRow>(admin, `/deliveries?event=${event}`))[0]
  await until('it has failed', async () => (await one())?.state === 'failed', 30)
  expect(await one()).toMatchObject({ attempts: 4, reason: 'http.503: not now', nextAt: null })
  expect(push.asked).toBe(4)
  expect((await operator.get('/deliveries')).status).toBe(403)
  push.refuse = null
  const ids = [must(await one(), 'it stands there').id]
  expect((await admin.post('/deliveries/actions/retry', { ids })).body).toMatchObject({ results: [{ ok: true }] })
  await until('it is sent', async () => (await one())?.state === 'sent')
  expect(push.received(subscription)).toHaveLength(1)
  expect((await admin.post('/deliveries/actions/retry', { ids })).body).toMatchObject({ results: [{ ok: false }] })
})

test('webhook: its secret is shown once, what arrives is signed with it, once', async () => {
  const severities = ['critical']
  const hook = { name: 'bridge', url: webhook.url, severities }
  expect((await operator.post('/webhooks', hook)).status).toBe(403)
  const made = await admin.post('/webhooks', hook, { 'Idempotency-Key': 'hook' })
  const { id, secret } = made.as<{ id: string; secret: string }>()
  webhook.secret = secret
  expect((await admin.post('/webhooks', hook, { 'Idempotency-Key': 'hook' })).body).toMatchObject({ id, secret: null })
  expect(JSON.stringify((await admin.get('/webhooks')).body)).not.toContain(secret)
  await admin.post(`/webhooks/${encodeURIComponent(id)}/actions/test`, {})
  await until('it has arrived', () => webhook.got.length > 0)
  await until(
    'it is settled',
    async () => (await items<DeliveryRow>(admin, '/deliveries?channel=webhook'))[0]?.state === 'sent',
  )
  expect(webhook.got).toHaveLength(1)
  const [got] = webhook.got
  expect(got?.body).toMatchObject({ id: got?.delivery, kind: 'test', text: { en: { title: 'Test from Deskwatch' } } })
  const renewed = await admin.post(`/webhooks/${encodeURIComponent(id)}/actions/new-secret`, {})
  expect(renewed.as<{ secret: string }>().secret).not.toBe(secret)
  const foreign = await deskwatch.signIn('admin@globex')
  expect((await foreign.post(`/webhooks/${encodeURIComponent(id)}/actions/test`, {})).status).toBe(404)
  expect((await admin.delete(`/webhooks/${encodeURIComponent(id)}`)).status).toBe(200)
})

test('S-7: a webhook to a private address is refused when it is typed', async () => {
  for (const url of ['http://10.0.0.7/', 'https://[::1]/', 'https://169.254.169.254/latest', 'http://93.184.216.34/']) {
    const answer = await admin.post('/webhooks', { name: 'inside', url, severities: ['low'] })
    expect(answer.body, url).toMatchObject({ code: 'request.invalid', errors: [{ path: 'url' }] })
  }
})

test('mail: to the address of one’s preferences, from the tenant’s sender, once', async () => {
  const wrong = await prefer(second, { address: 'nobody' })
  expect(wrong.body).toMatchObject({ errors: [{ path: 'address' }] })
  expect((await prefer(second, { address: 'wang.lei@example.com' })).status).toBe(200)
  const from = 'Acme desk <desk@acme.example>'
  expect((await admin.request('PUT', '/mail-settings', { from: 'x\r\nBcc: y@z' })).status).toBe(400)
  expect((await admin.request('PUT', '/mail-settings', { from })).body).toEqual({ available: true, from })
  await second.post('/notification-preferences/actions/test', { channel: 'email' })
  await until('it has arrived', () => mail.mails.length > 0)
  await until('it is settled', async () => (await ownDeliveries(second, 'channel=email'))[0]?.state === 'sent')
  expect(mail.mails).toHaveLength(1)
  expect(mail.mails[0]).toMatchObject({ from: 'desk@acme.example', to: ['wang.lei@example.com'] })
  expect(mail.mails[0]?.text).toMatch(/Message-ID: <acme\.delivery\.[\w-]+@deskwatch>/)
})

test('in quiet hours it stands in the centre and goes nowhere; critical ones go through where that is chosen', async () => {
  const { subscription } = await newDevice(auditor)
  const allDay = { from: '00:00', to: '00:00', zone: 'Asia/Shanghai' }
  const reach = async (desktop: string) => {
    const alarm = await raise(desktop)
    const before = (await told(auditor)).length
    // An auditor does not triage and is not mentioned: his own test of the channel stands for the rest.
    await auditor.post('/notification-preferences/actions/test', { channel: 'push' })
    await until('it is in the centre', async () => (await told(auditor)).length === before + 1)
    return alarm
  }
  await prefer(auditor, { quiet: { ...allDay, exceptCritical: false } })
  await reach('TOLD-4')
  await until('a test goes through', async () => push.received(subscription).length === 1)

  const device = await newDevice(second)
  const quiet = (exceptCritical: boolean) => prefer(second, { quiet: { ...allDay, exceptCritical } })
  await quiet(false)
  const alarm = await raise('TOLD-5')
  const mentioned = async () => (await told(second)).filter(({ kind }) => kind === 'mention').length
  await note(operator, alarm, '@operator2 quietly')
  await until('it is in the centre', async () => (await mentioned()) === 1)
  await quiet(true)
  await note(operator, alarm, '@operator2 loudly')
  await until('the critical one has arrived', async () => push.received(device.subscription).length > 0)
  expect(push.received(device.subscription).map(({ body }) => body)).toEqual(['@operator2 loudly'])
})
