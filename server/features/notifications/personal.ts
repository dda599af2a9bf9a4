/** One's own notifications, preferences and devices: everybody signed in has them, nobody else sees them. */
import * as z from 'zod/mini'
import { ActResult } from '#wire'
import { defineCommand, defineQuery } from '../../core/command.ts'
import type { Core } from '../../core/core.ts'
import { envelopeOf } from '../../core/envelope.ts'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { listOf, pageOf } from '../../core/lists.ts'
import { refusalOf, refused } from '../../core/problems.ts'
import { systemCtx } from '../../core/access.ts'
import { must } from '../../core/must.ts'
import {
  ById,
  defaultPreferences,
  DeliveryQuery,
  DeliveryRow,
  DeviceRow,
  NewDevice,
  Nothing,
  NotificationIds,
  NotificationQuery,
  NotificationRow,
  Notifications,
  OwnDeliveries,
  Preferences,
  PushKey,
  TestChannel,
  Tested,
} from './contract.ts'
import {
  DeliveryDocs,
  DeviceDocs,
  deviceId,
  digest,
  isOwn,
  NotificationDocs,
  PreferencesDocs,
  preferencesId,
  tenantOf,
  type DeviceDoc,
} from './model.ts'
import { presentDelivery, presentDevice, presentNotification } from './present.ts'
import { publicPushKey } from './push-keys.ts'
import { notify } from './service.ts'

const Results = z.object({ results: z.array(ActResult) })
const mostDevices = 20
const mostAtOnce = 2_000

/** What is a person's own stays in the person's own tenant, whichever one is acted in. */
const asPerson = (ctx: Ctx): Ctx => ({ ...ctx, tenant: tenantOf(ctx.actor.id) })

const ownNotifications = ({ core, actor }: Ctx) =>
  [...core.views.ofTenant(NotificationDocs, tenantOf(actor.id))].filter((doc) => doc.operator === actor.id)

/** Another's id answers like a missing one, also to `If-Match`. */
async function markRead(ctx: Ctx, ids: readonly string[]): Promise<ActResult[]> {
  const own = ids.map((id) => (isOwn(ctx.actor.id, id) ? id : `${ctx.actor.id}:none`))
  const results = await ctx.core.changes.each(asPerson(ctx), NotificationDocs, own, (doc) =>
    doc.readAt === null ? { next: { ...doc, readAt: ctx.now } } : { same: true },
  )
  return results.map((result, index) => ({ ...result, id: must(ids[index], 'parallel') }))
}

const reading = [
  defineQuery({
    route: 'GET /notifications',
    summary: 'One’s own notifications',
    permission: 'session',
    input: NotificationQuery,
    output: listOf(NotificationRow),
    run(ctx, { unread, ...paging }) {
      const rows = ownNotifications(ctx).map(presentNotification)
      const filter = unread === undefined ? {} : { unread }
      return pageOf(
        rows.filter((row) => Notifications.matches(row, filter)),
        Notifications,
        paging,
      )
    },
  }),
  defineCommand({
    route: 'POST /notifications/actions/read',
    summary: 'Marks notifications of one’s own as read; a result per id',
    permission: 'session',
    input: NotificationIds,
    output: Results,
    run: async (ctx, { ids }) => ({ results: await markRead(ctx, ids) }),
  }),
  defineCommand({
    route: 'POST /notifications/actions/read-all',
    summary: 'Marks all notifications of one’s own as read',
    permission: 'session',
    input: z.strictObject({}),
    output: z.object({ changed: z.number() }),
    async run(ctx) {
      const unread = ownNotifications(ctx).filter(({ readAt }) => readAt === null)
      const ids = unread.slice(0, mostAtOnce).map(({ _id }) => _id)
      const results = ids.length ? await markRead(ctx, ids) : []
      return { changed: results.filter(({ changed }) => changed).length }
    },
  }),
]

const preferencesOf = (core: Core, operator: string): Preferences => {
  const stored = core.views.get(PreferencesDocs, preferencesId(operator))
  if (!stored || stored.gone) return defaultPreferences
  const { address, push, email, quiet, perMinute } = stored
  return { address, push, email, quiet, perMinute }
}

const preferring = [
  defineQuery({
    route: 'GET /notification-preferences',
    summary: 'Which of one’s own notifications go where',
    permission: 'session',
    input: z.strictObject({}),
    output: Preferences,
    run: (ctx) => preferencesOf(ctx.core, ctx.actor.id),
  }),
  defineCommand({
    route: 'PUT /notification-preferences',
    summary: 'Says which of one’s own notifications go where, and when not',
    permission: 'session',
    input: Preferences,
    output: Preferences,
    async run(ctx, wishes) {
      const _id = preferencesId(ctx.actor.id)
      const own = asPerson(ctx)
      const doc = { _id, tenant: own.tenant, operator: ctx.actor.id, ...wishes }
      if (await ctx.core.changes.create(own, PreferencesDocs, doc)) return wishes
      const [result] = await ctx.core.changes.each(own, PreferencesDocs, [_id], (stored) => ({
        next: { ...stored, ...wishes },
      }))
      return refusalOf(must(result, 'one id has one result')) ?? wishes
    },
  }),
  defineCommand({
    route: 'POST /notification-preferences/actions/test',
    summary: 'Sends oneself a notification through one channel',
    permission: 'session',
    input: TestChannel,
    output: Tested,
    async run(ctx, { channel }) {
      const event = `test:${digest([ctx.command])}`
      const message = { event, kind: 'test' as const, severity: null, params: {}, link: null, at: ctx.now }
      await notify(ctx.core, [{ ...message, operators: [ctx.actor.id], channels: [channel], urgent: true }])
      return { event }
    },
  }),
  defineQuery({
    route: 'GET /notification-preferences/deliveries',
    summary: 'What was sent to one’s own devices and address, and how it ended',
    permission: 'session',
    input: DeliveryQuery,
    output: listOf(DeliveryRow),
    run(ctx, { state, channel, event, ...paging }) {
      const filter = { ...(state && { state }), ...(channel && { channel }), ...(event && { event }) }
      const rows = [...ctx.core.views.ofTenant(DeliveryDocs, tenantOf(ctx.actor.id))]
        .filter((doc) => doc.operator === ctx.actor.id)
        .map(presentDelivery)
      return pageOf(
        rows.filter((row) => OwnDeliveries.matches(row, filter)),
        OwnDeliveries,
        paging,
      )
    },
  }),
]

const ownDevices = ({ core, actor }: Ctx) =>
  [...core.views.ofTenant(DeviceDocs, tenantOf(actor.id))].filter((doc) => doc.operator === actor.id)

/** A browser belongs to whoever signed in last: the one before him is not reached through it any more. */
async function takeFromOthers({ core, actor, command }: Ctx, id: string): Promise<void> {
  const key = id.slice(actor.id.length)
  for (const other of [...core.views.all(DeviceDocs)]) {
    if (other._id === id || !other._id.endsWith(key)) continue
    const ctx = systemCtx(core, other.tenant, 'push devices', `${command}:taken`)
    await core.changes.each(ctx, DeviceDocs, [other._id], (doc) => ({ next: { ...doc, gone: true } }))
  }
}

async function addDevice(ctx: Ctx, { name, endpoint, keys }: NewDevice): Promise<DeviceDoc | Refusal> {
  const own = asPerson(ctx)
  const _id = deviceId(ctx.actor.id, endpoint)
  const others = ownDevices(ctx).filter((doc) => doc._id !== _id)
  if (others.length >= mostDevices)
    return refused('request.invalid', { errors: [{ path: 'endpoint', message: `at most ${mostDevices} devices` }] })
  const sealed = (await envelopeOf(ctx.core.config)).seal(JSON.stringify({ endpoint, keys }), _id)
  const service = new URL(endpoint).hostname
  await takeFromOthers(ctx, _id)
  const doc = { _id, tenant: own.tenant, operator: ctx.actor.id, name, service, sealed, at: ctx.now }
  const created = await ctx.core.changes.create(own, DeviceDocs, doc)
  if (created) return created
  // Known already: its keys may be new.
  const [result] = await ctx.core.changes.each(own, DeviceDocs, [_id], (stored) => ({
    next: { ...stored, name, sealed },
  }))
  return (
    refusalOf(must(result, 'one id has one result')) ??
    must(ctx.core.views.get(DeviceDocs, _id), 'what was just changed is in the views')
  )
}

const devices = [
  defineQuery({
    route: 'GET /push-key',
    summary: 'The public key that a browser subscribes to web push with',
    permission: 'session',
    input: z.strictObject({}),
    output: PushKey,
    run: (ctx) => ({ key: publicPushKey(ctx.core) }),
  }),
  defineQuery({
    route: 'GET /push-devices',
    summary: 'One’s own devices that get web push',
    permission: 'session',
    input: z.strictObject({}),
    output: z.object({ items: z.array(DeviceRow) }),
    run: (ctx) => ({ items: ownDevices(ctx).map(presentDevice) }),
  }),
  defineCommand({
    route: 'POST /push-devices',
    summary: 'Adds this browser to one’s own devices',
    permission: 'session',
    input: NewDevice,
    output: DeviceRow,
    creates: true,
    secret: ['endpoint', 'keys'],
    async run(ctx, order) {
      const added = await addDevice(ctx, order)
      return 'refused' in added ? added : presentDevice(added)
    },
  }),
  defineCommand({
    route: 'DELETE /push-devices/:id',
    summary: 'Takes a device of one’s own away: nothing is sent to it any more',
    permission: 'session',
    input: ById,
    output: Nothing,
    async run(ctx, { id }) {
      if (!isOwn(ctx.actor.id, id)) return refused('request.not-found')
      const [result] = await ctx.core.changes.each(asPerson(ctx), DeviceDocs, [id], (doc) => ({
        next: { ...doc, gone: true },
      }))
      return refusalOf(must(result, 'one id has one result')) ?? {}
    },
  }),
]

export const personal = [...reading, ...preferring, ...devices]
