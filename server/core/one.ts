/** An act on one document: its state afterwards, or why not. */
import type { Core, Decision } from './core.ts'
import type { Collection, Ctx, Doc, Refusal } from './feature.ts'
import { must } from './must.ts'
import { refusalOf, refused } from './problems.ts'

export async function changeOne<D extends Doc>(
  ctx: Ctx,
  collection: Collection<D>,
  id: string,
  decide: (doc: D) => Decision<D>,
): Promise<D | Refusal> {
  const [result] = await ctx.core.changes.each(ctx, collection, [id], decide)
  return (
    refusalOf(must(result, 'one id has one result')) ??
    must(ctx.core.views.get(collection, id), 'what was just changed is in the views')
  )
}

/** One document of the caller's tenant; somebody else's is as good as missing. */
export function findOne<D extends Doc>(ctx: Ctx, collection: Collection<D>, id: string): D | Refusal {
  const doc = ctx.core.views.get(collection, id)
  return doc && !doc.gone && doc.tenant === ctx.tenant ? doc : refused('request.not-found')
}

/** A change that the house makes by itself, nobody's act: decided on what stands until it wins; null: nothing to do. */
export async function settleOne<D extends Doc>(
  core: Pick<Core, 'changes' | 'views'>,
  collection: Collection<D>,
  id: string,
  decide: (doc: D) => D | null,
): Promise<D | null> {
  let doc: D | null = core.views.get(collection, id) ?? null
  while (doc && !doc.gone) {
    const next = decide(doc)
    if (!next) return null
    const [result] = await core.changes.write([{ collection, doc: next, base: doc.v }])
    const settled = must(result, 'one write has one result')
    // The collection holds documents of its own shape only.
    if (settled.ok) return settled.doc as D
    doc = settled.current as D | null
  }
  return null
}
