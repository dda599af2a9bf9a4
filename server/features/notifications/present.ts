/** What leaves the house of each document, field by field; secrets and endpoints never do. */
import type { LiveView } from '../../core/feature.ts'
import * as contract from './contract.ts'
import type {
  DeliveryFilter,
  DeliveryRow,
  DeviceRow,
  NotificationFilter,
  NotificationRow,
  WebhookRow,
} from './contract.ts'
import {
  DeliveryDocs,
  DeviceDocs,
  NotificationDocs,
  WebhookDocs,
  type DeliveryDoc,
  type DeviceDoc,
  type NotificationDoc,
  type WebhookDoc,
} from './model.ts'
import { inWords } from './wording.ts'

export const presentNotification = (doc: NotificationDoc): NotificationRow => ({
  id: doc._id,
  kind: doc.kind,
  severity: doc.severity,
  text: { 'zh-CN': inWords(doc, 'zh-CN'), en: inWords(doc, 'en') },
  link: doc.link,
  at: doc.at,
  readAt: doc.readAt,
})

export const presentDevice = (doc: DeviceDoc): DeviceRow => ({
  id: doc._id,
  name: doc.name,
  service: doc.service,
  at: doc.at,
})

export const presentWebhook = (doc: WebhookDoc): WebhookRow => ({
  id: doc._id,
  name: doc.name,
  url: doc.url,
  severities: doc.severities,
  enabled: doc.enabled,
  at: doc.at,
})

export const presentDelivery = (doc: DeliveryDoc): DeliveryRow => ({
  id: doc._id,
  event: doc.message.event,
  channel: doc.channel,
  target: doc.label,
  kind: doc.message.kind,
  state: doc.state,
  attempts: doc.attempts,
  at: doc.message.at,
  nextAt: doc.nextAt,
  settledAt: doc.settledAt,
  reason: doc.reason,
})

const toOperator = ({ operator }: { operator: string }) => operator

export const NotificationView: LiveView<NotificationDoc, NotificationRow, NotificationFilter> = {
  contract: contract.Notifications,
  collection: NotificationDocs,
  present: presentNotification,
  audience: toOperator,
}
export const DeviceView: LiveView<DeviceDoc, DeviceRow, Record<string, never>> = {
  contract: contract.Devices,
  collection: DeviceDocs,
  present: presentDevice,
  audience: toOperator,
}
export const WebhookView: LiveView<WebhookDoc, WebhookRow, Record<string, never>> = {
  contract: contract.Webhooks,
  collection: WebhookDocs,
  present: presentWebhook,
}
export const DeliveryView: LiveView<DeliveryDoc, DeliveryRow, DeliveryFilter> = {
  contract: contract.Deliveries,
  collection: DeliveryDocs,
  present: presentDelivery,
}
export const OwnDeliveryView: LiveView<DeliveryDoc, DeliveryRow, DeliveryFilter> = {
  contract: contract.OwnDeliveries,
  collection: DeliveryDocs,
  present: presentDelivery,
  audience: toOperator,
}
