/** Acts of administrators on displays: made, changed, given a link, sent away. */
import * as z from 'zod/mini'
import { defineCommand, defineQuery } from '../../core/command.ts'
import { digest } from '../../core/digest.ts'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { listOf, listView } from '../../core/lists.ts'
import { changeOne, findOne } from '../../core/one.ts'
import { randomSecret, sha256 } from '../../core/passwords.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { displayId } from '../../core/tenants.ts'
import { DisplayId, DisplayInput, DisplayQuery, DisplayRow } from './contract.ts'
import { DisplayDocs, liveDisplays, linkLastsMs, presentDisplay, type DisplayDoc } from './model.ts'

const mostDisplays = 200
const permission = 'displays:write'

function nameTaken(ctx: Ctx, name: string, except: string): Refusal | null {
  for (const doc of ctx.core.views.ofTenant(DisplayDocs, ctx.tenant))
    if (doc.name === name && doc._id !== except) return refused('name.taken', { params: { name } })
  return null
}

const row = (doc: DisplayDoc | Refusal): DisplayRow | Refusal => (isRefusal(doc) ? doc : presentDisplay(doc))

export const displayOperations = [
  defineQuery({
    route: 'GET /displays',
    summary: 'Screens on walls, what they show and whether they are in',
    permission,
    input: DisplayQuery,
    output: listOf(DisplayRow),
    run: (ctx, { cursor, limit, sort, ...filter }) => listView(ctx, liveDisplays, filter, { cursor, limit, sort }),
  }),
  defineQuery({
    route: 'GET /displays/:id',
    summary: 'One display, with its version',
    permission,
    input: DisplayId,
    output: z.extend(DisplayRow, { v: z.number() }),
    run(ctx, { id }) {
      const doc = findOne(ctx, DisplayDocs, id)
      return isRefusal(doc) ? doc : { ...presentDisplay(doc), v: doc.v }
    },
  }),
  defineCommand({
    route: 'POST /displays',
    summary: 'Make a display; a screen comes in by its link',
    permission,
    creates: true,
    input: DisplayInput,
    output: DisplayRow,
    async run(ctx, { name, settings }) {
      const _id = displayId(ctx.tenant, digest([ctx.command]))
      const taken = nameTaken(ctx, name, _id)
      if (taken) return taken
      if ([...ctx.core.views.ofTenant(DisplayDocs, ctx.tenant)].length >= mostDisplays)
        return refused('limit.reached', { params: { most: mostDisplays } })
      const { tenant, language } = { tenant: ctx.tenant, language: settings.language }
      const credential = { link: null, session: null }
      const [createdBy, createdAt] = [ctx.actor.name, ctx.now]
      const fresh = { _id, tenant, name, language, settings, credential, seenAt: null, build: null }
      const made = await ctx.core.changes.create(ctx, DisplayDocs, { ...fresh, createdBy, createdAt })
      return made ? presentDisplay(made) : refused('name.taken', { params: { name } })
    },
  }),
  defineCommand({
    route: 'PUT /displays/:id',
    summary: 'Rename a display or change what it shows; its screen follows at once',
    permission,
    input: z.extend(DisplayInput, DisplayId.shape),
    output: DisplayRow,
    async run(ctx, { id, name, settings }) {
      const taken = nameTaken(ctx, name, id)
      return row(
        await changeOne(
          ctx,
          DisplayDocs,
          id,
          (doc) => taken ?? { next: { ...doc, name, settings, language: settings.language } },
        ),
      )
    },
  }),
  defineCommand({
    route: 'POST /displays/:id/actions/make-link',
    summary: 'A link that signs one screen in, shown once; the screen that is in stays until the link is opened',
    permission,
    input: DisplayId,
    output: z.object({ link: z.nullable(z.string()), until: z.number() }),
    once: ['link'],
    async run(ctx, { id }) {
      const secret = randomSecret()
      const link = { hash: sha256(secret), madeAt: ctx.now, openedAt: null }
      const doc = await changeOne(ctx, DisplayDocs, id, (standing) => ({
        next: { ...standing, credential: { ...standing.credential, link } },
      }))
      if (isRefusal(doc)) return doc
      return { link: `${ctx.tenant}.${id.split(':').at(-1)}.${secret}`, until: ctx.now + linkLastsMs }
    },
  }),
  defineCommand({
    route: 'POST /displays/:id/actions/send-away',
    summary: 'Withdraw its link and sign its screen out at once',
    permission,
    input: DisplayId,
    output: DisplayRow,
    run: async (ctx, { id }) => row(await changeOne(ctx, DisplayDocs, id, (doc) => ({ next: sentAway(doc) }))),
  }),
  defineCommand({
    route: 'DELETE /displays/:id',
    summary: 'Delete a display and sign its screen out at once',
    permission,
    input: DisplayId,
    output: z.undefined(),
    async run(ctx, { id }) {
      const doc = await changeOne(ctx, DisplayDocs, id, (standing) => ({ next: { ...sentAway(standing), gone: true } }))
      return isRefusal(doc) ? doc : undefined
    },
  }),
]

const sentAway = (doc: DisplayDoc): DisplayDoc => ({ ...doc, credential: { link: null, session: null } })
