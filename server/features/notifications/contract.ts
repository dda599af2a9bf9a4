/** Notifications: what tells an operator of something, where it is sent, and how a sending ended. */
import * as z from 'zod/mini'
import { defineView, Paging } from '#wire'
import { severities, Severity } from '../alarms/contract.ts'
import { Zone } from '../tenants/contract.ts'

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const title = (most: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(most), noNul)
const id = z.string().check(z.minLength(1), z.maxLength(300))

export const kinds = ['mention', 'hand-over', 'escalation', 'on-call', 'summary', 'test'] as const
export const Kind = z.enum(kinds)
export type Kind = z.infer<typeof Kind>

/** What a person may choose to be sent; a summary and a test follow their own rules. */
export const chosenKinds = ['mention', 'hand-over', 'escalation', 'on-call'] as const satisfies readonly Kind[]
export const ChosenKind = z.enum(chosenKinds)

export const channels = ['push', 'email', 'webhook'] as const
export const Channel = z.enum(channels)
export type Channel = z.infer<typeof Channel>
/** The channels of a person; webhooks are the tenant's. */
export const ownChannels = ['push', 'email'] as const satisfies readonly Channel[]
export const OwnChannel = z.enum(ownChannels)
export type OwnChannel = z.infer<typeof OwnChannel>

/** The same words on the screen, on the phone's lock screen and in the mail. */
export const Said = z.object({ title: z.string(), body: z.string() })
export type Said = z.infer<typeof Said>

export const NotificationRow = z.object({
  id: z.string(),
  kind: Kind,
  severity: z.nullable(Severity),
  text: z.object({ 'zh-CN': Said, en: Said }),
  /** Path in the console. */
  link: z.nullable(z.string()),
  at: z.number(),
  readAt: z.nullable(z.number()),
})
export type NotificationRow = z.infer<typeof NotificationRow>

export const NotificationFilter = z.object({ unread: z.optional(z.boolean()) })
export type NotificationFilter = z.infer<typeof NotificationFilter>

type Timed = { id: string; at: number }
const newest = (a: Timed, b: Timed) => b.at - a.at || (a.id < b.id ? -1 : 1)
const total = (rows: Iterable<unknown>) => ({ total: [...rows].length })

export const Notifications = defineView<NotificationRow, NotificationFilter>({
  name: 'notifications',
  permission: 'notifications:read',
  filter: NotificationFilter,
  matches: (row, { unread }) => !unread || row.readAt === null,
  orders: { newest },
  defaultOrder: 'newest',
  counters(rows) {
    const counts = { total: 0, unread: 0 }
    for (const { readAt } of rows) {
      counts.total++
      if (readAt === null) counts.unread++
    }
    return counts
  },
})
export const NotificationQuery = z.extend(Paging, {
  unread: z.optional(
    z.pipe(
      z.enum(['1', '0']),
      z.transform((value) => value === '1'),
    ),
  ),
})
export const NotificationIds = z.strictObject({ ids: z.array(id).check(z.minLength(1), z.maxLength(500)) })

// --- preferences ---------------------------------------------------------------------------------------------------

export const ClockTime = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/))

export const ChannelRule = z.strictObject({
  on: z.boolean(),
  kinds: z.array(ChosenKind).check(z.maxLength(chosenKinds.length)),
  severities: z.array(Severity).check(z.maxLength(severities.length)),
})
export type ChannelRule = z.infer<typeof ChannelRule>

/** Nothing is sent in these hours, local to the zone; who is on call is woken all the same. */
export const QuietHours = z.strictObject({
  from: ClockTime,
  to: ClockTime,
  zone: Zone,
  /** Critical ones are sent also then. */
  exceptCritical: z.boolean(),
})
export type QuietHours = z.infer<typeof QuietHours>

export const Address = z.email().check(z.maxLength(200))
export const Preferences = z.strictObject({
  address: z.nullable(Address),
  push: ChannelRule,
  email: ChannelRule,
  quiet: z.nullable(QuietHours),
  /** Sent one by one in a minute at most; what is beyond is summed up in one. */
  perMinute: z.number().check(z.int(), z.minimum(1), z.maximum(60)),
})
export type Preferences = z.infer<typeof Preferences>

export const defaultPreferences: Preferences = {
  address: null,
  push: { on: true, kinds: [...chosenKinds], severities: ['critical', 'high'] },
  email: { on: false, kinds: ['escalation', 'on-call'], severities: ['critical', 'high'] },
  quiet: null,
  perMinute: 6,
}

export const TestChannel = z.strictObject({ channel: OwnChannel })
/** The event whose deliveries tell how it went. */
export const Tested = z.object({ event: z.string() })

// --- devices that get web push ---------------------------------------------------------------------------------------

/** As the browser's `PushSubscription` says it. */
export const NewDevice = z.strictObject({
  name: title(120),
  endpoint: z.url({ protocol: /^https$/ }).check(z.maxLength(1000)),
  keys: z.strictObject({
    p256dh: z.string().check(z.regex(/^[\w-]{87,88}=?$/)),
    auth: z.string().check(z.regex(/^[\w-]{22}(==)?$/)),
  }),
})
export type NewDevice = z.infer<typeof NewDevice>

export const DeviceRow = z.object({
  id: z.string(),
  name: z.string(),
  /** The push service it is reached through. */
  service: z.string(),
  at: z.number(),
})
export type DeviceRow = z.infer<typeof DeviceRow>
export const Devices = defineView<DeviceRow, Record<string, never>>({
  name: 'push-devices',
  permission: 'notifications:read',
  filter: z.object({}),
  matches: () => true,
  orders: { newest },
  defaultOrder: 'newest',
  counters: total,
})
export const PushKey = z.object({ key: z.string() })

// --- the tenant's webhooks -------------------------------------------------------------------------------------------

const WebhookFields = {
  name: title(80),
  url: z.url({ protocol: /^https?$/ }).check(z.maxLength(1000)),
  severities: z.array(Severity).check(z.minLength(1), z.maxLength(severities.length)),
}
export const NewWebhook = z.strictObject(WebhookFields)
export const EditWebhook = z.strictObject({
  id,
  name: z.optional(WebhookFields.name),
  url: z.optional(WebhookFields.url),
  severities: z.optional(WebhookFields.severities),
  enabled: z.optional(z.boolean()),
})
export const WebhookRow = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  severities: z.array(Severity),
  enabled: z.boolean(),
  at: z.number(),
})
export type WebhookRow = z.infer<typeof WebhookRow>
/** The secret is shown this once; it is stored sealed. */
export const WebhookWithSecret = z.extend(WebhookRow, { secret: z.nullable(z.string()) })
export const Webhooks = defineView<WebhookRow, Record<string, never>>({
  name: 'webhooks',
  permission: 'notifications:write',
  filter: z.object({}),
  matches: () => true,
  orders: { newest },
  defaultOrder: 'newest',
  counters: total,
})

/** `available`: the installation has a mail server. */
export const MailSettings = z.object({ available: z.boolean(), from: z.nullable(z.string()) })
export const EditMail = z.strictObject({
  /** `Name <address>`; null: the installation's sender. */
  from: z.nullable(z.string().check(z.maxLength(200), z.regex(/^[^<>\r\n\0]{1,100}<[^<>@\s]+@[^<>@\s]+>$/))),
})

// --- deliveries ------------------------------------------------------------------------------------------------------

export const deliveryStates = ['waiting', 'sending', 'sent', 'failed'] as const
export const DeliveryState = z.enum(deliveryStates)
export type DeliveryState = z.infer<typeof DeliveryState>

export const DeliveryRow = z.object({
  id: z.string(),
  event: z.string(),
  channel: Channel,
  /** What the receiver is called. */
  target: z.string(),
  kind: Kind,
  state: DeliveryState,
  attempts: z.number(),
  at: z.number(),
  nextAt: z.nullable(z.number()),
  settledAt: z.nullable(z.number()),
  /** Why the last attempt failed: a short code, then what was said. */
  reason: z.nullable(z.string()),
})
export type DeliveryRow = z.infer<typeof DeliveryRow>

export const DeliveryFilter = z.object({
  state: z.optional(DeliveryState),
  channel: z.optional(Channel),
  event: z.optional(z.string().check(z.maxLength(300))),
})
export type DeliveryFilter = z.infer<typeof DeliveryFilter>

const deliveries = (name: string, permission: 'notifications:read' | 'notifications:write') =>
  defineView<DeliveryRow, DeliveryFilter>({
    name,
    permission,
    filter: DeliveryFilter,
    matches: (row, filter) =>
      (!filter.state || row.state === filter.state) &&
      (!filter.channel || row.channel === filter.channel) &&
      (!filter.event || row.event === filter.event),
    orders: { newest },
    defaultOrder: 'newest',
    counters(rows) {
      const counts: Record<string, number> = { total: 0, waiting: 0, sending: 0, sent: 0, failed: 0 }
      for (const { state } of rows) {
        counts['total'] = (counts['total'] ?? 0) + 1
        counts[state] = (counts[state] ?? 0) + 1
      }
      return counts
    },
  })

/** All of the tenant's, for those who administer its channels. */
export const Deliveries = deliveries('deliveries', 'notifications:write')
/** Those to one's own devices and address. */
export const OwnDeliveries = deliveries('own-deliveries', 'notifications:read')
export const DeliveryQuery = z.extend(Paging, DeliveryFilter.shape)
export const ById = z.strictObject({ id })
export const Nothing = z.strictObject({})
