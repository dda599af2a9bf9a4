/** The room of notifications: who is told, through which channel, and how each sending ended. */
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { Outgoing } from '../../core/outgoing.ts'
import { AlarmEvents } from './alarm-events.ts'
import { administering } from './administering.ts'
import { emailSender } from './channels/email.ts'
import { pushSender } from './channels/push.ts'
import { webhookSender } from './channels/webhook.ts'
import * as model from './model.ts'
import { Outbox } from './outbox.ts'
import { personal } from './personal.ts'
import * as present from './present.ts'
import { makePushKeys } from './push-keys.ts'
import { forgetOld } from './retention.ts'
import { Router } from './router.ts'

interface Parts {
  outgoing: Outgoing
  events: AlarmEvents
  router: Router
  outbox: Outbox
}

export function notificationFeature(): Feature {
  let parts: Parts | undefined
  const ready = () => must(parts, 'the room is assembled before it is used')
  return {
    name: 'notifications',
    collections: [
      model.NotificationDocs,
      model.PreferencesDocs,
      model.DeviceDocs,
      model.WebhookDocs,
      model.MailDocs,
      model.PushKeyDocs,
      model.DeliveryDocs,
    ],
    views: [
      present.NotificationView,
      present.DeviceView,
      present.WebhookView,
      present.OwnDeliveryView,
      present.DeliveryView,
    ],
    operations: [...personal, ...administering(() => ready().outgoing)],
    assemble(core) {
      const outgoing = new Outgoing(core.config)
      const outbox = new Outbox(core, {
        push: pushSender(core, outgoing),
        email: emailSender(core),
        webhook: webhookSender(core, outgoing),
      })
      parts = { outgoing, events: new AlarmEvents(core), router: new Router(core), outbox }
    },
    schedules: [
      {
        name: 'notifications',
        everyMs: 500,
        async tick(core) {
          await ready().events.tick(core.clock.now())
          await ready().router.tick(core.clock.now())
          ready().outbox.tick(core.clock.now())
        },
      },
      { name: 'notifications-retention', everyMs: 3600_000, tick: forgetOld },
    ],
    start: makePushKeys,
    drain: () => ready().outbox.drain(),
  }
}
