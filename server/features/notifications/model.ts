/** What is stored of notifications: one per operator and event, where it goes, and each sending. */
import { createHash } from 'node:crypto'
import type { Collection, Doc } from '../../core/feature.ts'
import type { Severity } from '../alarms/contract.ts'
import type { Channel, DeliveryState, Kind, Preferences } from './contract.ts'

/** What is told, before it is put into words. */
export interface Message {
  /** Names what happened: the same event is told once. */
  event: string
  kind: Kind
  severity: Severity | null
  params: Record<string, string | number>
  link: string | null
  at: number
}

export interface NotificationDoc extends Doc, Message {
  operator: string
  readAt: number | null
  /** `open`: nobody has looked yet where it goes. `held`: beyond the limit, summed up when its minute is over. */
  route: 'open' | 'held' | 'done'
  /** The minute whose limit it counts in; null: it was sent nowhere. */
  minute: number | null
  /** These channels and no others, whatever the person chose. */
  channels: Channel[] | null
  /** Also in quiet hours: whoever is on call is woken. */
  urgent: boolean
}

export interface PreferencesDoc extends Doc, Preferences {
  operator: string
}

export interface DeviceDoc extends Doc {
  operator: string
  name: string
  service: string
  /** Endpoint and keys: whoever knows them can reach the device. */
  sealed: string
  at: number
}

export interface WebhookDoc extends Doc {
  name: string
  url: string
  severities: Severity[]
  enabled: boolean
  sealed: string
  at: number
}

/** The tenant's own sender of mail. */
export interface MailDoc extends Doc {
  from: string | null
}

/** The installation's key pair of web push (VAPID). */
export interface PushKeyDoc extends Doc {
  publicKey: string
  sealed: string
}

export interface DeliveryDoc extends Doc {
  message: Message
  channel: Channel
  /** `_id` of a device or webhook; an operator's for e-mail. */
  target: string
  /** What the receiver is called, also after it is gone. */
  label: string
  operator: string
  state: DeliveryState
  attempts: number
  /** When the clock has business with it; null: settled. */
  nextAt: number | null
  settledAt: number | null
  reason: string | null
}

export const NotificationDocs: Collection<NotificationDoc> = { noun: 'notifications', hot: true }
export const PreferencesDocs: Collection<PreferencesDoc> = { noun: 'notification-preferences', hot: true }
export const DeviceDocs: Collection<DeviceDoc> = { noun: 'push-devices', hot: true }
export const WebhookDocs: Collection<WebhookDoc> = { noun: 'webhooks', hot: true }
export const MailDocs: Collection<MailDoc> = { noun: 'mail-settings', hot: true }
export const PushKeyDocs: Collection<PushKeyDoc> = { noun: 'push-keys', hot: true }
export const DeliveryDocs: Collection<DeliveryDoc> = { noun: 'deliveries', hot: true }

export const digest = (parts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)

/** Whose a document is stands in its key, so that nobody has to look it up to refuse another's. */
export const notificationId = (operator: string, event: string) => `${operator}:notification:${event}`
export const preferencesId = (operator: string) => `${operator}:notification-preferences`
export const deviceId = (operator: string, endpoint: string) => `${operator}:push:${digest([endpoint])}`
export const webhookId = (tenant: string, key: string) => `${tenant}:webhook:${key}`
export const mailId = (tenant: string) => `${tenant}:mail`
export const deliveryId = (tenant: string, event: string, channel: Channel, target: string) =>
  `${tenant}:delivery:${digest([event, channel, target])}`

/** The tenant's webhooks have an inbox like a person's, so that one way leads to all channels. */
export const webhookInbox = (tenant: string) => `${tenant}:webhooks`
export const tenantOf = (operator: string) => operator.slice(0, operator.indexOf(':'))
export const isOwn = (operator: string, id: string) => id.startsWith(`${operator}:`)
