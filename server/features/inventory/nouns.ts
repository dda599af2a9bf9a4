/** Create, replace and delete for the plain nouns of the inventory: one shape, so that a new noun is one entry. */
import * as z from 'zod/mini'
import { ActResult } from '#wire'
import { defineCommand } from '../../core/command.ts'
import type { Collection, Ctx, Doc, LiveView, Operation, Refusal } from '../../core/feature.ts'
import { seesMasked } from '../../core/lists.ts'
import { must } from '../../core/must.ts'
import { refusalOf, refused } from '../../core/problems.ts'
import { Ids, type TextFilter } from './contract.ts'
import { inventoryId } from './model.ts'

type NamedDoc = Doc & { name: string }
type Problems = { path: string; message: string }[]

export interface Noun<D extends NamedDoc, Row, Input extends { name: string }> {
  live: LiveView<D, Row, TextFilter>
  row: z.ZodMiniType<Row>
  /** The same with and without the id of the path. */
  input: z.ZodMiniType<Input>
  edit: z.ZodMiniType<Input & { id: string }>
  /** Bad references, e.g. a region that is not there. */
  check: (ctx: Ctx, input: Input) => Problems
  /** Everything but the house's own fields. */
  fields: (input: Input) => Omit<D, keyof Doc>
  /** What stands in the way of deleting it: nouns and how many. */
  heldBy: (ctx: Ctx, doc: D) => Record<string, number>
  /** What else must follow a change, e.g. copies of a pool's business name. */
  after?: (ctx: Ctx, doc: D) => Promise<void>
}

export const Results = z.object({ results: z.array(ActResult) })
export const ById = z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(200)) })

export function writings<D extends NamedDoc, Row, Input extends { name: string }>(
  noun: Noun<D, Row, Input>,
): Operation[] {
  const { collection } = noun.live
  const name = noun.live.contract.name
  const permission = 'inventory:write'
  const present = (ctx: Ctx, doc: D) => must(noun.live.present(doc, seesMasked(ctx.role)), 'who may write may see')
  return [
    defineCommand({
      route: `POST /${name}`,
      summary: `Create one of the ${name}; its name is unique in the tenant`,
      creates: true,
      input: noun.input,
      output: noun.row,
      permission,
      async run(ctx, input) {
        const errors = noun.check(ctx, input)
        if (errors.length) return refused('request.invalid', { errors })
        const doc = { _id: inventoryId(ctx.tenant, input.name), tenant: ctx.tenant, ...noun.fields(input) }
        // Doc's own fields and the noun's fields make the document; a generic spread loses that.
        const created = await ctx.core.changes.create<D>(ctx, collection, doc as unknown as Omit<D, 'v'>)
        return created ? present(ctx, created) : refused('name.taken', { params: { name: input.name } })
      },
    }),
    defineCommand({
      route: `PUT /${name}/:id`,
      summary: `Replace everything but the name`,
      input: noun.edit,
      output: noun.row,
      permission,
      async run(ctx, { id, ...rest }) {
        // What is left without the id is the noun's own input.
        const input = rest as unknown as Input
        const errors = noun.check(ctx, input)
        if (errors.length) return refused('request.invalid', { errors })
        const [result] = await ctx.core.changes.each(ctx, collection, [id], (doc) => {
          if (doc.name !== input.name)
            return refused('request.invalid', { errors: [{ path: 'name', message: 'names do not change' }] })
          return { next: { ...doc, ...noun.fields(input) } }
        })
        const refusal = refusalOf(must(result, 'one id has one result'))
        if (refusal) return refusal
        const doc = must(ctx.core.views.get(collection, id), 'what was just written is hot')
        await noun.after?.(ctx, doc)
        return present(ctx, doc)
      },
    }),
    ...deletions(collection, permission, (ctx, doc) => heldRefusal(noun.heldBy(ctx, doc))),
  ]
}

/** One or many, per item; what is still used is refused and says by what. */
export function deletions<D extends Doc>(
  collection: Collection<D>,
  permission: 'inventory:write',
  refuse: (ctx: Ctx, doc: D) => Refusal | null,
): Operation[] {
  const name = collection.noun
  const remove = (ctx: Ctx, ids: readonly string[]) =>
    ctx.core.changes.each(ctx, collection, ids, (doc) => refuse(ctx, doc) ?? { next: { ...doc, gone: true } })
  return [
    defineCommand({
      route: `DELETE /${name}/:id`,
      summary: `Delete one of the ${name}`,
      input: ById,
      output: ActResult,
      permission,
      async run(ctx, { id }) {
        const [result] = await remove(ctx, [id])
        return refusalOf(must(result, 'one id has one result')) ?? must(result, 'one id has one result')
      },
    }),
    defineCommand({
      route: `POST /${name}/actions/delete`,
      summary: `Delete several ${name}, a result for each`,
      input: Ids,
      output: Results,
      permission,
      run: async (ctx, { ids }) => ({ results: await remove(ctx, ids) }),
    }),
  ]
}

export function heldRefusal(held: Record<string, number>): Refusal | null {
  const holders = Object.fromEntries(Object.entries(held).filter(([, count]) => count > 0))
  return Object.keys(holders).length ? refused('state.conflict', { params: { heldBy: holders } }) : null
}
