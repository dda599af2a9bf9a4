/** The room of saved views. Private ones exist for their owner only: to everybody else they are missing. */
import * as z from 'zod/mini'
import { defineCommand, defineQuery } from '../../core/command.ts'
import { digest } from '../../core/digest.ts'
import type { Collection, Ctx, Doc, Feature, LiveView, Refusal } from '../../core/feature.ts'
import { listOf, pageOf, seesMasked } from '../../core/lists.ts'
import { changeOne, findOne } from '../../core/one.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { SavedViewInput, SavedViewQuery, SavedViewRow, SavedViews, type SavedViewFilter } from './contract.ts'

interface SavedViewDoc extends Doc {
  name: string
  list: string
  query: string
  shared: boolean
  owner: { id: string; name: string }
  changedAt: number
}

const SavedViewDocs: Collection<SavedViewDoc> = { noun: 'saved-views', hot: true }
const mostOfOne = 100
const permission = 'views:write'
const ById = z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(200)) })

const present = (doc: SavedViewDoc, masked: boolean): SavedViewRow => ({
  id: doc._id,
  name: doc.name,
  list: doc.list,
  query: doc.query,
  shared: doc.shared,
  owner: masked ? null : doc.owner.name,
  ownerId: masked ? null : doc.owner.id,
  changedAt: doc.changedAt,
})

const sharedViews: LiveView<SavedViewDoc, SavedViewRow, SavedViewFilter> = {
  contract: SavedViews,
  collection: SavedViewDocs,
  present: (doc, masked) => (doc.shared ? present(doc, masked) : null),
}

const isOwn = (ctx: Ctx, { owner }: SavedViewDoc) => owner.id === ctx.actor.id

/** Somebody else's is seen when it is shared; only who administers people may take it away. */
function mayChange(ctx: Ctx, doc: SavedViewDoc, taking: boolean): Refusal | null {
  if (isOwn(ctx, doc)) return null
  if (!doc.shared) return refused('request.not-found')
  if (taking && ctx.permissions.has('operators:write')) return null
  return refused('auth.forbidden', { params: { permission: 'operators:write' } })
}

function* ownOf(ctx: Ctx): Generator<SavedViewDoc> {
  for (const doc of ctx.core.views.ofTenant(SavedViewDocs, ctx.tenant)) if (isOwn(ctx, doc)) yield doc
}

/** One name for one list and owner. */
function nameTaken(ctx: Ctx, { list, name }: { list: string; name: string }, except?: string): Refusal | null {
  const found = [...ownOf(ctx)].some((doc) => doc.list === list && doc.name === name && doc._id !== except)
  return found ? refused('name.taken', { params: { name } }) : null
}

const listViews = defineQuery({
  route: 'GET /saved-views',
  summary: 'One’s own views and the shared ones',
  permission: 'alarms:read',
  input: SavedViewQuery,
  output: listOf(SavedViewRow),
  run(ctx, { cursor, limit, sort, ...filter }) {
    const rows: SavedViewRow[] = []
    for (const doc of ctx.core.views.ofTenant(SavedViewDocs, ctx.tenant)) {
      if (!doc.shared && !isOwn(ctx, doc)) continue
      const row = present(doc, seesMasked(ctx.role))
      if (SavedViews.matches(row, filter)) rows.push(row)
    }
    return pageOf(rows, SavedViews, { cursor, limit, sort })
  },
})

const saveView = defineCommand({
  route: 'POST /saved-views',
  summary: 'Save a view of a list, for oneself or shared',
  permission,
  creates: true,
  input: SavedViewInput,
  output: SavedViewRow,
  async run(ctx, input) {
    const _id = `${ctx.tenant}:view:${digest([ctx.command])}`
    const taken = nameTaken(ctx, input, _id)
    if (taken) return taken
    if ([...ownOf(ctx)].length >= mostOfOne) return refused('limit.reached', { params: { most: mostOfOne } })
    const { id, name } = ctx.actor
    const doc = { ...input, _id, tenant: ctx.tenant, owner: { id, name }, changedAt: ctx.now }
    const made = await ctx.core.changes.create(ctx, SavedViewDocs, doc)
    return made ? present(made, false) : refused('name.taken', { params: { name: input.name } })
  },
})

const editView = defineCommand({
  route: 'PUT /saved-views/:id',
  summary: 'Replace a view of one’s own',
  permission,
  input: z.extend(SavedViewInput, ById.shape),
  output: SavedViewRow,
  async run(ctx, { id, ...input }) {
    const taken = nameTaken(ctx, input, id)
    const doc = await changeOne(ctx, SavedViewDocs, id, (standing) => {
      const refusal = mayChange(ctx, standing, false) ?? taken
      return refusal ?? { next: { ...standing, ...input, changedAt: ctx.now } }
    })
    return isRefusal(doc) ? doc : present(doc, false)
  },
})

const deleteView = defineCommand({
  route: 'DELETE /saved-views/:id',
  summary: 'Delete a view of one’s own; an administrator also a shared one',
  permission,
  input: ById,
  output: z.undefined(),
  async run(ctx, { id }) {
    const doc = await changeOne(ctx, SavedViewDocs, id, (standing) => {
      return mayChange(ctx, standing, true) ?? { next: { ...standing, gone: true } }
    })
    return isRefusal(doc) ? doc : undefined
  },
})

const oneView = defineQuery({
  route: 'GET /saved-views/:id',
  summary: 'One view that is one’s own or shared, with its version',
  permission: 'alarms:read',
  input: ById,
  output: z.extend(SavedViewRow, { v: z.number() }),
  run(ctx, { id }) {
    const doc = findOne(ctx, SavedViewDocs, id)
    if (isRefusal(doc)) return doc
    if (!doc.shared && !isOwn(ctx, doc)) return refused('request.not-found')
    return { ...present(doc, seesMasked(ctx.role)), v: doc.v }
  },
})

export const savedViews: Feature = {
  name: 'saved-views',
  collections: [SavedViewDocs],
  views: [sharedViews],
  operations: [listViews, oneView, saveView, editView, deleteView],
}
