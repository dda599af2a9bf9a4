/** The door for other rooms: something happened that these people have to be told of. */
import type { Core } from '../../core/core.ts'
import { OperatorDocs } from '../../core/tenants.ts'
import type { Channel } from './contract.ts'
import {
  NotificationDocs,
  notificationId,
  tenantOf,
  webhookInbox,
  type Message,
  type NotificationDoc,
} from './model.ts'

export type { Message } from './model.ts'
export { webhookInbox } from './model.ts'

export interface Telling extends Message {
  operators: readonly string[]
  /** Absent: what each person chose. */
  channels?: Channel[]
  urgent?: boolean
}

const writeAtOnce = 300

/**
 * Resolves when it is durable; where it goes from there is the router's business. The same event again is the same
 * notification: whoever cannot know whether it was told tells it again.
 */
export async function notify(core: Core, tellings: readonly Telling[]): Promise<void> {
  const docs = tellings.flatMap((telling) =>
    telling.operators.flatMap((operator) => addressed(core, operator, telling)),
  )
  const fresh = docs.filter(({ _id }) => core.views.get(NotificationDocs, _id) === undefined)
  for (let at = 0; at < fresh.length; at += writeAtOnce) {
    const part = fresh.slice(at, at + writeAtOnce)
    await core.changes.write(part.map((doc) => ({ collection: NotificationDocs, doc, base: 0 })))
  }
}

function addressed(core: Core, operator: string, telling: Telling): NotificationDoc[] {
  const { operators: _operators, channels = null, urgent = false, ...message } = telling
  const tenant = tenantOf(operator)
  const inbox = operator === webhookInbox(tenant)
  const person = core.views.get(OperatorDocs, operator)
  if (!inbox && (!person || person.gone || person.disabled)) return []
  return [
    {
      ...message,
      _id: notificationId(operator, message.event),
      v: 0,
      tenant,
      operator,
      // An inbox that nobody reads has nothing unread.
      readAt: inbox ? message.at : null,
      route: 'open',
      minute: null,
      channels,
      urgent,
    },
  ]
}
