import { expect, test } from 'vitest'
import { memoryCore } from '../../../tests/support/memory-core.ts'
import { OperatorDocs, type OperatorDoc } from '../../core/tenants.ts'
import { defaultPreferences } from './contract.ts'
import {
  DeliveryDocs,
  DeviceDocs,
  NotificationDocs,
  PreferencesDocs,
  preferencesId,
  type NotificationDoc,
} from './model.ts'
import { Outbox, pauseAfter, type Outcome } from './outbox.ts'
import { Router } from './router.ts'
import { notify } from './service.ts'

const operator = 'acme:operator:li.na'
const start = Date.UTC(2026, 10, 25, 12, 0, 10)

function world() {
  let now = start
  const core = memoryCore({ clock: { now: () => now, monotonic: () => now } })
  const router = new Router(core)
  // Of an operator only what deliveries look at.
  core.views.take(OperatorDocs, { _id: operator, v: 1, tenant: 'acme', disabled: false } as OperatorDoc)
  const device = {
    _id: `${operator}:push:1`,
    v: 1,
    tenant: 'acme',
    operator,
    name: 'phone',
    service: 'x',
    sealed: '',
    at: 0,
  }
  core.views.take(DeviceDocs, device)
  const wishes = { ...defaultPreferences, perMinute: 2, _id: preferencesId(operator), v: 1, tenant: 'acme', operator }
  core.views.take(PreferencesDocs, wishes)
  const tell = (n: number) =>
    notify(
      core,
      Array.from({ length: n }, (_, index) => ({
        event: `mention:${index}`,
        kind: 'mention' as const,
        severity: 'critical' as const,
        params: {},
        link: null,
        at: now,
        operators: [operator],
      })),
    )
  return {
    core,
    router,
    tell,
    pass: (ms: number) => (now += ms),
    now: () => now,
    sent: () => [...core.views.all(DeliveryDocs)].map(({ message }) => [message.kind, message.params['n'] ?? 1]),
  }
}

test('beyond the limit of a minute the rest is one delivery when the minute is over, also by another owner of the clock', async () => {
  const { core, router, tell, pass, now, sent } = world()
  await tell(5)
  await router.tick(now())
  expect(sent()).toEqual([
    ['mention', 1],
    ['mention', 1],
  ])
  // Another node takes the clock over: it knows what the documents say.
  const successor = new Router(core)
  for (const doc of core.views.all(NotificationDocs)) core.views.take(NotificationDocs, { ...doc, v: doc.v + 1 })
  pass(30_000)
  await successor.tick(now())
  expect(sent()).toHaveLength(2)
  pass(30_000)
  await successor.tick(now())
  await router.tick(now())
  expect(sent()).toEqual([
    ['mention', 1],
    ['mention', 1],
    ['summary', 3],
  ])
  expect([...core.views.all(NotificationDocs)].every(({ route }) => route === 'done')).toBe(true)
})

test('the same event told again adds nothing, and what was read before it was sent is not sent', async () => {
  const { core, router, tell, now, sent } = world()
  await tell(2)
  await tell(2)
  const [first] = [...core.views.all(NotificationDocs)]
  if (!first) throw new Error('it was told')
  const read: NotificationDoc = { ...first, readAt: now() }
  await core.changes.write([{ collection: NotificationDocs, doc: read, base: first.v }])
  await router.tick(now())
  await router.tick(now())
  expect(sent()).toHaveLength(1)
})

test('a claim that a dead node left runs out and is sent again; a slow receiver holds up no other', async () => {
  const { core, router, tell, pass, now } = world()
  await tell(1)
  await router.tick(now())
  const never = new Promise<Outcome>(() => undefined)
  const lost = new Outbox(core, { push: () => never, email: () => never, webhook: () => never })
  const delivery = () => [...core.views.all(DeliveryDocs)][0]
  const settle = async (outbox: Outbox) => {
    for (const doc of core.views.all(DeliveryDocs)) core.views.take(DeliveryDocs, { ...doc, v: doc.v + 1 })
    outbox.tick(now())
    await expect.poll(() => delivery()?.state).not.toBe('waiting')
  }
  await settle(lost)
  expect(delivery()).toMatchObject({ state: 'sending', attempts: 1 })
  const asked: string[] = []
  const send = async ({ _id }: { _id: string }): Promise<Outcome> => {
    asked.push(_id)
    return { sent: true }
  }
  const next = new Outbox(core, { push: send, email: send, webhook: send })
  await settle(next)
  expect(asked).toEqual([])
  pass(31_000)
  await settle(next)
  await expect.poll(() => delivery()?.state).toBe('sent')
  expect(asked).toEqual([delivery()?._id])
  expect(delivery()).toMatchObject({ attempts: 2, nextAt: null })
})

test('pauses grow threefold up to an hour', () => {
  expect([1, 2, 3, 8, 20].map((attempts) => pauseAfter(attempts, 5_000) / 1000)).toEqual([5, 15, 45, 3600, 3600])
})
