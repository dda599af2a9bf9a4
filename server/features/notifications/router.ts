/**
 * From a notification to its deliveries, on the one node that owns the clock: looks at what nobody has looked at, and
 * at what was held back in a minute that is over. Deliveries have deterministic ids, so a look that is repeated after
 * a death adds nothing.
 */
import type { Core, Write } from '../../core/core.ts'
import { OperatorDocs } from '../../core/tenants.ts'
import { defaultPreferences, type Channel } from './contract.ts'
import {
  DeliveryDocs,
  deliveryId,
  DeviceDocs,
  NotificationDocs,
  PreferencesDocs,
  preferencesId,
  webhookInbox,
  WebhookDocs,
  type DeliveryDoc,
  type Message,
  type NotificationDoc,
} from './model.ts'
import { channelsFor, minuteOf } from './routing.ts'

const atOnce = 300
/** A machine reads faster than a person. */
const inboxPerMinute = 120

interface Receiver {
  channel: Channel
  target: string
  label: string
}

interface Minute {
  sent: Set<string>
  held: Set<string>
}

export class Router {
  readonly #core: Core
  readonly #open = new Set<string>()
  /** minute → operator → what counts in it. */
  readonly #minutes = new Map<number, Map<string, Minute>>()

  constructor(core: Core) {
    this.#core = core
    core.views.onChange((collection, doc, before) => {
      // Nouns name one shape each.
      if (collection.noun === NotificationDocs.noun)
        this.#note(doc as NotificationDoc, before as NotificationDoc | null)
    })
  }

  async tick(now: number): Promise<void> {
    await this.#sumUp(now)
    const docs = [...this.#open].slice(0, atOnce).flatMap((id) => this.#core.views.get(NotificationDocs, id) ?? [])
    if (docs.length === 0) return
    const counted = new Map<string, number>()
    const deliveries: DeliveryDoc[] = []
    const routed = docs.map((doc): NotificationDoc => {
      const receivers = this.#receivers(doc, now)
      if (receivers.length === 0) return { ...doc, route: 'done', minute: null }
      const minute = minuteOf(now)
      const sent = counted.get(doc.operator) ?? this.#minutes.get(minute)?.get(doc.operator)?.sent.size ?? 0
      if (sent >= this.#limitOf(doc.operator)) return { ...doc, route: 'held', minute }
      counted.set(doc.operator, sent + 1)
      deliveries.push(...receivers.map((receiver) => newDelivery(doc, doc.operator, receiver, now)))
      return { ...doc, route: 'done', minute }
    })
    await this.#write(deliveries, routed)
  }

  /** What a minute held back is one delivery per channel once it is over. */
  async #sumUp(now: number): Promise<void> {
    for (const [minute, operators] of this.#minutes) {
      if (minute >= minuteOf(now)) continue
      for (const [operator, { held }] of operators) {
        const docs = [...held].flatMap((id) => this.#core.views.get(NotificationDocs, id) ?? [])
        if (docs.length > 0) await this.#sumUpOne(operator, minute, docs, now)
      }
      if ([...operators.values()].every(({ held }) => held.size === 0)) this.#minutes.delete(minute)
    }
  }

  async #sumUpOne(operator: string, minute: number, docs: readonly NotificationDoc[], now: number): Promise<void> {
    const unread = docs.filter((doc) => doc.readAt === null || operator === webhookInbox(doc.tenant))
    const message: Omit<Message, 'params'> = {
      event: `summary:${operator}:${minute}`,
      kind: 'summary',
      severity: null,
      link: '/alarms',
      at: now,
    }
    const limit = this.#limitOf(operator)
    const byTarget = new Map<string, { receiver: Receiver; n: number }>()
    for (const doc of unread) {
      for (const receiver of this.#receivers(doc, now)) {
        const known = byTarget.get(receiver.target + receiver.channel)
        byTarget.set(receiver.target + receiver.channel, { receiver, n: (known?.n ?? 0) + 1 })
      }
    }
    const deliveries = [...byTarget.values()].map(({ receiver, n }) =>
      newDelivery({ ...message, params: { n, limit } }, operator, receiver, now),
    )
    await this.#write(
      deliveries,
      docs.map((doc) => ({ ...doc, route: 'done', minute: null })),
    )
  }

  /** Deliveries first: a notification that is routed has them. A lost race (it was just read) is looked at again. */
  async #write(deliveries: readonly DeliveryDoc[], routed: readonly NotificationDoc[]): Promise<void> {
    const { changes, views } = this.#core
    const fresh = deliveries.filter(({ _id }) => views.get(DeliveryDocs, _id) === undefined)
    const writes = (docs: readonly (DeliveryDoc | NotificationDoc)[], collection: Write['collection']) =>
      docs.map((doc): Write => ({ collection, doc, base: doc.v }))
    if (fresh.length > 0) await changes.write(writes(fresh, DeliveryDocs))
    await changes.write(writes(routed, NotificationDocs))
  }

  #receivers(doc: NotificationDoc, now: number): Receiver[] {
    const { views } = this.#core
    if (doc.operator === webhookInbox(doc.tenant)) return this.#webhooks(doc)
    const operator = views.get(OperatorDocs, doc.operator)
    if (!operator || operator.gone || operator.disabled || doc.readAt !== null) return []
    const stored = views.get(PreferencesDocs, preferencesId(doc.operator))
    const preferences = stored ?? defaultPreferences
    return channelsFor(doc, preferences, now).flatMap((channel): Receiver[] => {
      if (channel === 'email') {
        const { address } = preferences
        return address ? [{ channel, target: doc.operator, label: address }] : []
      }
      return [...views.ofTenant(DeviceDocs, doc.tenant)]
        .filter((device) => device.operator === doc.operator)
        .map((device) => ({ channel, target: device._id, label: device.name }))
    })
  }

  /** A test names its webhook; anything else goes to those that take its severity. */
  #webhooks({ tenant, params, severity }: NotificationDoc): Receiver[] {
    return [...this.#core.views.ofTenant(WebhookDocs, tenant)]
      .filter(({ _id, enabled, severities }) =>
        params['webhook'] === undefined
          ? enabled && (severity === null || severities.includes(severity))
          : _id === params['webhook'],
      )
      .map(({ _id, name }) => ({ channel: 'webhook', target: _id, label: name }))
  }

  #limitOf(operator: string): number {
    const preferences = this.#core.views.get(PreferencesDocs, preferencesId(operator))
    if (preferences) return preferences.perMinute
    return operator.endsWith(':webhooks') ? inboxPerMinute : defaultPreferences.perMinute
  }

  #note(doc: NotificationDoc, before: NotificationDoc | null): void {
    const { _id: id, operator } = doc
    if (doc.route === 'open' && !doc.gone) this.#open.add(id)
    else this.#open.delete(id)
    if (before && before.minute !== null) this.#minuteOf(before.minute, operator).held.delete(id)
    if (doc.minute === null || doc.gone) return
    // Long past and settled: nothing counts it any more.
    if (doc.route === 'done' && doc.minute < minuteOf(this.#core.clock.now())) return
    this.#minuteOf(doc.minute, operator)[doc.route === 'held' ? 'held' : 'sent'].add(id)
  }

  #minuteOf(minute: number, operator: string): Minute {
    let operators = this.#minutes.get(minute)
    if (!operators) this.#minutes.set(minute, (operators = new Map<string, Minute>()))
    let counts = operators.get(operator)
    if (!counts) operators.set(operator, (counts = { sent: new Set(), held: new Set() }))
    return counts
  }
}

function newDelivery(told: Message, operator: string, receiver: Receiver, now: number): DeliveryDoc {
  const { event, kind, severity, params, link, at } = told
  const tenant = operator.slice(0, operator.indexOf(':'))
  return {
    _id: deliveryId(tenant, event, receiver.channel, receiver.target),
    v: 0,
    tenant,
    operator,
    message: { event, kind, severity, params, link, at },
    channel: receiver.channel,
    target: receiver.target,
    label: receiver.label,
    state: 'waiting',
    attempts: 0,
    nextAt: now,
    settledAt: null,
    reason: null,
  }
}
