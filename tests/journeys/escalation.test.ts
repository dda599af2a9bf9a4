/** On call: who has it, who is called when nobody acknowledges, and that a restart in between changes nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import type { NotificationRow } from '#contract/notifications'
import type { EscalationRow, PolicyRow, ScheduleRow } from '#contract/on-call'
import { must } from '../../server/core/must.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { startWebhook, type WebhookReceiver } from '../support/receivers.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let webhook: WebhookReceiver
let sender: Client
let operator: Client
let second: Client
let admin: Client
let schedule: ScheduleRow

const first = 'acme:operator:operator'
const other = 'acme:operator:operator2'

beforeAll(async () => {
  webhook = await startWebhook()
  deskwatch = await startDeskwatch({ env: { OUTGOING_ALLOW: '127.0.0.1' } })
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  const signIn = (user: string) => deskwatch.signIn(`${user}@acme`)
  ;[operator, second, admin] = await Promise.all([signIn('operator'), signIn('operator2'), signIn('admin')])
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  await webhook?.close()
  expect(faults).toEqual([])
})

const items = async <T>(client: Client, path: string) => (await client.get(path)).as<{ items: T[] }>().items
const calls = async (client: Client, place: string) =>
  (await items<NotificationRow>(client, '/notifications')).filter(
    ({ kind, text }) => kind === 'escalation' && text.en.title.includes(place),
  )
const escalations = () => items<EscalationRow>(operator, '/escalations')
const at = (id: string) => encodeURIComponent(id)

async function raise(desktop: string, severity = 'critical'): Promise<string> {
  await sender.post('/alarms', { type: 'stutter', severity, desktop, summary: '9 fps' })
  const find = async () => (await items<AlarmRow>(operator, `/alarms?desktop=${desktop}`))[0]
  await until(`${desktop} stands in the list`, async () => (await find()) !== undefined)
  return must(await find(), 'it stands there').id
}

const rotation = (members: string[]) => {
  const anchor = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10)
  return { every: 'week', weekday: 1, time: '09:00', zone: 'Asia/Shanghai', anchor, members }
}

test('a schedule says who is on call now and next; a shift may be taken over and given back', async () => {
  const made = await admin.post('/on-call-schedules', { name: 'night desk', rotation: rotation([first, first]) })
  expect(made.status).toBe(201)
  schedule = made.as<ScheduleRow>()
  const now = Date.now()
  expect(schedule.shifts[0]).toMatchObject({ operator: first, name: '李娜 Li Na', taken: false })
  expect(schedule.shifts[0]?.from).toBeLessThanOrEqual(now)
  const path = `/on-call-schedules/${at(schedule.id)}`
  const span = { from: now - 1_000, to: now + 3600_000 }
  expect((await operator.post(`${path}/actions/take-over`, { ...span, operator: other })).status).toBe(403)
  const taken = (await second.post(`${path}/actions/take-over`, span)).as<ScheduleRow>()
  expect(taken.shifts.slice(0, 2).map((one) => [one.operator, one.taken])).toEqual([
    [other, true],
    [first, false],
  ])
  const running = taken.shifts.find(({ from, to }) => from <= Date.now() && Date.now() < to)
  expect(running).toMatchObject({ operator: other, taken: true })
  const { id } = must(taken.overrides[0], 'it is listed')
  expect((await operator.post(`${path}/actions/give-back`, { override: id })).status).toBe(403)
  expect((await second.post(`${path}/actions/give-back`, { override: id })).as<ScheduleRow>().overrides).toEqual([])
  expect(
    (await admin.post('/on-call-schedules', { name: 'x', rotation: rotation(['globex:operator:admin']) })).body,
  ).toMatchObject({
    errors: [{ path: 'rotation.members.0' }],
  })
  expect((await operator.post('/on-call-schedules', { name: 'x', rotation: rotation([first]) })).status).toBe(403)
})

test('an alarm that nobody acknowledges calls level after level, once each, also over a restart in between', async () => {
  const hook = await admin.post('/webhooks', { name: 'bridge', url: webhook.url, severities: ['critical'] })
  webhook.secret = hook.as<{ secret: string }>().secret
  const levels = [
    { wait: 3, schedules: [schedule.id], operators: [], channels: ['push', 'webhook'] },
    { wait: 4, schedules: [], operators: [other], channels: ['email'] },
  ]
  const policy = { name: 'critical', severities: ['critical'], levels, repeat: null }
  expect(
    (await admin.post('/escalation-policies', { ...policy, levels: [{ ...levels[1], operators: [] }] })).body,
  ).toMatchObject({
    errors: [{ path: 'levels.0' }],
  })
  const made = (await admin.post('/escalation-policies', policy)).as<PolicyRow>()
  expect((await admin.delete(`/on-call-schedules/${at(schedule.id)}`)).status).toBe(409)

  const alarm = await raise('CALL-1')
  const quiet = await raise('CALL-2')
  await raise('CALL-3', 'high')
  expect((await operator.post(`/alarms/${at(quiet)}/actions/acknowledge`, {})).status).toBe(200)
  // In the middle of the timer of the first level.
  expect(await calls(operator, 'CALL-1')).toEqual([])
  await must(deskwatch.nodes[0], 'it runs').kill()
  await deskwatch.restart()
  await until('who is on call is called', async () => (await calls(operator, 'CALL-1')).length > 0, 30)
  // In the middle of the timer of the second.
  await must(deskwatch.nodes[0], 'it runs').stop()
  await deskwatch.restart()
  await until('the second level is called', async () => (await calls(second, 'CALL-1')).length > 0, 30)
  await until('the webhook was told', () => webhook.got.length > 0)
  expect((await calls(operator, 'CALL-1')).map(({ text }) => text.en.body)).toEqual(['9 fps (critical, level 1)'])
  expect(await calls(second, 'CALL-1')).toHaveLength(1)
  expect(webhook.got.filter(({ body }) => body.kind === 'escalation')).toHaveLength(1)
  for (const place of ['CALL-2', 'CALL-3']) expect(await calls(operator, place)).toEqual([])
  // A step counts as told when all else is done.
  await until('both levels are told', async () => (await escalations())[0]?.level === 2)
  expect(await escalations()).toMatchObject([{ alarm, level: 2, told: ['王磊 Wang Lei'], nextAt: null }])
  const timeline = await items<{ what: string; to?: string }>(operator, `/alarms/${at(alarm)}/timeline`)
  const escalated = timeline.filter(({ what }) => what === 'escalated').map(({ to }) => to)
  expect(escalated.toSorted()).toEqual(['李娜 Li Na', '王磊 Wang Lei'].toSorted())
  const auditor = await deskwatch.signIn('auditor@acme')
  const decisions = async () =>
    (await items<{ verb: string; ids: string[] }>(auditor, '/audit-events?limit=200')).filter(
      ({ verb, ids }) => verb === 'escalate' && ids.includes(alarm),
    ).length
  await until('the trail has both', async () => (await decisions()) >= 2)
  expect(await decisions()).toBe(2)

  // Acknowledged: it leaves the list of those that are escalated.
  await operator.post(`/alarms/${at(alarm)}/actions/acknowledge`, {})
  await until('it is escalated no more', async () => (await items(operator, '/escalations')).length === 0)
  expect((await admin.delete(`/escalation-policies/${at(made.id)}`)).status).toBe(200)
})

test('a policy that repeats calls again until somebody acknowledges, and a shelved alarm calls nobody', async () => {
  const levels = [{ wait: 1, schedules: [], operators: [first], channels: ['push'] }]
  const policy = { name: 'high', severities: ['high'], levels, repeat: 30 }
  await admin.post('/escalation-policies', policy)
  const shelved = await raise('CALL-4', 'medium')
  await operator.post(`/alarms/${at(shelved)}/actions/shelve`, { minutes: 5, reason: 'known' })
  await sender.post('/alarms', { type: 'stutter', severity: 'high', desktop: 'CALL-4' })
  await until('CALL-3 calls, which stood there already', async () => (await calls(operator, 'CALL-3')).length === 1)
  await until('it stands among those that are escalated', async () => (await escalations()).length > 0)
  const [row] = await escalations()
  expect(row).toMatchObject({ place: 'CALL-3', level: 1 })
  expect(must(row, 'it is escalated').nextAt).toBeGreaterThan(Date.now() - 5_000)
  expect(await calls(operator, 'CALL-4')).toEqual([])
})
