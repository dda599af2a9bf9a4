/** A tenant's webhook: JSON with a signature over delivery, time and body, so that nobody can forge or replay it. */
import { createHmac } from 'node:crypto'
import type { Core } from '../../../core/core.ts'
import { envelopeOf } from '../../../core/envelope.ts'
import type { Outgoing } from '../../../core/outgoing.ts'
import { WebhookDocs, type DeliveryDoc } from '../model.ts'
import type { Sender } from '../outbox.ts'
import { inWords } from '../wording.ts'
import { gone, outcomeOf, sendingOutcome } from './answers.ts'

const timeoutMs = 10_000

export function webhookSender(core: Core, outgoing: Outgoing): Sender {
  return async (delivery) => {
    const webhook = core.views.get(WebhookDocs, delivery.target)
    if (!webhook || webhook.gone) return gone
    const secret = (await envelopeOf(core.config)).open(webhook.sealed, webhook._id)
    const body = JSON.stringify(bodyOf(delivery, core.config.PUBLIC_ORIGIN))
    const timestamp = Math.floor(core.clock.now() / 1000)
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'User-Agent': 'Deskwatch',
      'Deskwatch-Delivery': delivery._id,
      'Deskwatch-Timestamp': String(timestamp),
      'Deskwatch-Signature': signature(secret, delivery._id, timestamp, body),
    }
    return sendingOutcome(async () =>
      outcomeOf(await outgoing.send({ url: webhook.url, method: 'POST', headers, body, timeoutMs })),
    )
  }
}

/** docs/integrations.md tells receivers how to check it. */
export function signature(secret: string, delivery: string, timestamp: number, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${delivery}.${timestamp}.${body}`).digest('hex')}`
}

function bodyOf({ _id, tenant, message }: DeliveryDoc, origin: string | undefined) {
  const { event, kind, severity, params, link, at } = message
  const { webhook: _webhook, ...facts } = params
  return {
    id: _id,
    event,
    kind,
    tenant,
    severity,
    at: new Date(at).toISOString(),
    text: { 'zh-CN': inWords(message, 'zh-CN'), en: inWords(message, 'en') },
    facts,
    link: link && (origin ? new URL(link, origin).href : link),
  }
}
