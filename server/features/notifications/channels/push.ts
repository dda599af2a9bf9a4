/** Web push (RFC 8030, 8291, 8292): encrypted for the device, signed with the installation's key. */
import webPush from 'web-push'
import * as z from 'zod/mini'
import type { Core } from '../../../core/core.ts'
import { envelopeOf } from '../../../core/envelope.ts'
import type { Outgoing } from '../../../core/outgoing.ts'
import { OperatorDocs } from '../../../core/tenants.ts'
import { DeviceDocs, digest, type DeviceDoc } from '../model.ts'
import type { Outcome, Sender } from '../outbox.ts'
import { vapidOf } from '../push-keys.ts'
import { inWords } from '../wording.ts'
import { gone, outcomeOf, sendingOutcome } from './answers.ts'

const timeoutMs = 10_000
const keptSeconds = 3600

const Subscription = z.object({ endpoint: z.string(), keys: z.object({ p256dh: z.string(), auth: z.string() }) })

export function pushSender(core: Core, outgoing: Outgoing): Sender {
  return async ({ target, message }) => {
    const device = core.views.get(DeviceDocs, target)
    if (!device || device.gone) return gone
    const language = core.views.get(OperatorDocs, device.operator)?.language ?? 'zh-CN'
    const payload = { ...inWords(message, language), link: message.link, event: message.event, at: message.at }
    const subscription = Subscription.parse(JSON.parse((await envelopeOf(core.config)).open(device.sealed, device._id)))
    const details = webPush.generateRequestDetails(subscription, JSON.stringify(payload), {
      vapidDetails: await vapidOf(core),
      TTL: keptSeconds,
      urgency: 'high',
      // A repeated sending replaces the first where that still waits at the push service.
      topic: digest([message.event]),
    })
    return sendingOutcome(async () => {
      const answer = await outgoing.send({
        url: details.endpoint,
        method: 'POST',
        headers: details.headers,
        body: details.body,
        timeoutMs,
      })
      if (answer.status === 404 || answer.status === 410) return endDevice(core, device)
      return outcomeOf(answer)
    })
  }
}

/** The browser gave its subscription up: nothing will reach it again. */
async function endDevice(core: Core, device: DeviceDoc): Promise<Outcome> {
  await core.changes.write([{ collection: DeviceDocs, doc: { ...device, gone: true }, base: device.v }])
  return gone
}
