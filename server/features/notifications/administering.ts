/** The tenant's channels: webhooks, the sender of its mail, and every delivery with how it ended. */
import * as z from 'zod/mini'
import { ActResult } from '#wire'
import { defineCommand, defineQuery } from '../../core/command.ts'
import { envelopeOf } from '../../core/envelope.ts'
import type { Refusal } from '../../core/feature.ts'
import { listOf, listView } from '../../core/lists.ts'
import { must } from '../../core/must.ts'
import { changeOne } from '../../core/one.ts'
import { OutgoingRefused, type Outgoing, type OutgoingReason } from '../../core/outgoing.ts'
import { randomSecret } from '../../core/passwords.ts'
import { refusalOf, refused } from '../../core/problems.ts'
import type { Decision } from '../../core/core.ts'
import {
  ById,
  DeliveryQuery,
  DeliveryRow,
  EditMail,
  EditWebhook,
  MailSettings,
  NewWebhook,
  Nothing,
  NotificationIds,
  Tested,
  WebhookRow,
  WebhookWithSecret,
} from './contract.ts'
import { DeliveryDocs, digest, MailDocs, mailId, WebhookDocs, webhookId, type DeliveryDoc } from './model.ts'
import { DeliveryView, presentWebhook } from './present.ts'
import { notify, webhookInbox } from './service.ts'

const mostWebhooks = 20
const patienceMs = 2_000

const why: Record<OutgoingReason, string> = {
  scheme: 'must begin with https://',
  host: 'is not among the hosts that this installation may speak to',
  address: 'is a private or local address; the installation must allow it (OUTGOING_ALLOW)',
  unresolved: 'this name does not exist',
}

/** Checked again at each sending; here so that a mistake is seen while it is typed. */
async function addressProblem(outgoing: Outgoing, url: string): Promise<Refusal | null> {
  let late: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => (late = setTimeout(resolve, patienceMs)))
  try {
    await Promise.race([outgoing.check(new URL(url)), patience])
    return null
  } catch (error) {
    if (!(error instanceof OutgoingRefused)) return null // the name's server did not answer: sending will tell
    return refused('request.invalid', { errors: [{ path: 'url', message: why[error.reason] }] })
  } finally {
    clearTimeout(late)
  }
}

const newSecret = () => `whsec_${randomSecret()}`

export function administering(outgoing: () => Outgoing) {
  return [
    defineQuery({
      route: 'GET /webhooks',
      summary: 'Receivers of this tenant',
      permission: 'notifications:write',
      input: z.strictObject({}),
      output: z.object({ items: z.array(WebhookRow) }),
      run: (ctx) => ({ items: [...ctx.core.views.ofTenant(WebhookDocs, ctx.tenant)].map(presentWebhook) }),
    }),
    defineCommand({
      route: 'POST /webhooks',
      summary: 'Adds a receiver; the answer shows its secret once',
      permission: 'notifications:write',
      input: NewWebhook,
      output: WebhookWithSecret,
      creates: true,
      once: ['secret'],
      async run(ctx, order) {
        const problem = await addressProblem(outgoing(), order.url)
        if (problem) return problem
        if ([...ctx.core.views.ofTenant(WebhookDocs, ctx.tenant)].length >= mostWebhooks)
          return refused('request.invalid', { errors: [{ path: 'url', message: `at most ${mostWebhooks} receivers` }] })
        const _id = webhookId(ctx.tenant, digest([ctx.command]))
        const secret = newSecret()
        const sealed = (await envelopeOf(ctx.core.config)).seal(secret, _id)
        const doc = { _id, tenant: ctx.tenant, ...order, enabled: true, sealed, at: ctx.now }
        const created = await ctx.core.changes.create(ctx, WebhookDocs, doc)
        return created ? { ...presentWebhook(created), secret } : refused('request.not-found')
      },
    }),
    defineCommand({
      route: 'PATCH /webhooks/:id',
      summary: 'Changes a receiver’s name, address, severities, or whether it is used',
      permission: 'notifications:write',
      input: EditWebhook,
      output: WebhookRow,
      async run(ctx, { id, ...edit }) {
        const problem = edit.url === undefined ? null : await addressProblem(outgoing(), edit.url)
        if (problem) return problem
        const changed = await changeOne(ctx, WebhookDocs, id, (doc) => ({
          next: {
            ...doc,
            name: edit.name ?? doc.name,
            url: edit.url ?? doc.url,
            severities: edit.severities ?? doc.severities,
            enabled: edit.enabled ?? doc.enabled,
          },
        }))
        return 'refused' in changed ? changed : presentWebhook(changed)
      },
    }),
    defineCommand({
      route: 'POST /webhooks/:id/actions/new-secret',
      summary: 'Gives a receiver a new secret, shown once; the old one signs nothing any more',
      permission: 'notifications:write',
      input: ById,
      output: WebhookWithSecret,
      once: ['secret'],
      async run(ctx, { id }) {
        const secret = newSecret()
        const sealed = (await envelopeOf(ctx.core.config)).seal(secret, id)
        const changed = await changeOne(ctx, WebhookDocs, id, (doc) => ({ next: { ...doc, sealed } }))
        return 'refused' in changed ? changed : { ...presentWebhook(changed), secret }
      },
    }),
    defineCommand({
      route: 'POST /webhooks/:id/actions/test',
      summary: 'Sends a test to a receiver, also to one that is switched off',
      permission: 'notifications:write',
      input: ById,
      output: Tested,
      async run(ctx, { id }) {
        const webhook = ctx.core.views.get(WebhookDocs, id)
        if (!webhook || webhook.gone || webhook.tenant !== ctx.tenant) return refused('request.not-found')
        const event = `test:${digest([ctx.command])}`
        const message = {
          event,
          kind: 'test' as const,
          severity: null,
          params: { webhook: id },
          link: null,
          at: ctx.now,
        }
        await notify(ctx.core, [{ ...message, operators: [webhookInbox(ctx.tenant)] }])
        return { event }
      },
    }),
    defineCommand({
      route: 'DELETE /webhooks/:id',
      summary: 'Takes a receiver away; what waits for it is not sent',
      permission: 'notifications:write',
      input: ById,
      output: Nothing,
      async run(ctx, { id }) {
        const changed = await changeOne(ctx, WebhookDocs, id, (doc) => ({ next: { ...doc, gone: true } }))
        return 'refused' in changed ? changed : {}
      },
    }),
    ...mail,
    ...deliveries,
  ]
}

const mail = [
  defineQuery({
    route: 'GET /mail-settings',
    summary: 'Whether there is a mail server, and the sender of this tenant’s mail',
    permission: 'session',
    input: z.strictObject({}),
    output: MailSettings,
    run: (ctx) => ({
      available: ctx.core.config.SMTP_URL !== undefined,
      from: ctx.core.views.get(MailDocs, mailId(ctx.tenant))?.from ?? null,
    }),
  }),
  defineCommand({
    route: 'PUT /mail-settings',
    summary: 'Says who this tenant’s mail is from; null goes back to the installation’s sender',
    permission: 'notifications:write',
    input: EditMail,
    output: MailSettings,
    async run(ctx, { from }) {
      const _id = mailId(ctx.tenant)
      if (!(await ctx.core.changes.create(ctx, MailDocs, { _id, tenant: ctx.tenant, from }))) {
        const [result] = await ctx.core.changes.each(ctx, MailDocs, [_id], (doc) => ({ next: { ...doc, from } }))
        const refusal = refusalOf(must(result, 'one id has one result'))
        if (refusal) return refusal
      }
      return { available: ctx.core.config.SMTP_URL !== undefined, from }
    },
  }),
]

const deliveries = [
  defineQuery({
    route: 'GET /deliveries',
    summary: 'Everything this tenant’s channels were to deliver, and how it ended',
    permission: 'notifications:write',
    input: DeliveryQuery,
    output: listOf(DeliveryRow),
    run: (ctx, { cursor, limit, sort, ...filter }) =>
      listView(ctx, DeliveryView, filter, { limit, ...(cursor && { cursor }), ...(sort && { sort }) }),
  }),
  defineCommand({
    route: 'POST /deliveries/actions/retry',
    summary: 'Tries failed deliveries once more; a result per id',
    permission: 'notifications:write',
    input: NotificationIds,
    output: z.object({ results: z.array(ActResult) }),
    run: async (ctx, { ids }) => ({
      results: await ctx.core.changes.each(ctx, DeliveryDocs, ids, (doc): Decision<DeliveryDoc> =>
        doc.state === 'failed'
          ? { next: { ...doc, state: 'waiting', attempts: 0, nextAt: ctx.now, settledAt: null } }
          : refused('state.conflict', { params: { state: doc.state }, current: doc.state }),
      ),
    }),
  }),
]
