/** What names what: things referred to must be there, and what is referred to cannot be deleted. */
import type { Collection, Ctx, Doc } from '../../core/feature.ts'
import { inventoryId } from './model.ts'

type NamedDoc = Doc & { name: string }
type Problems = { path: string; message: string }[]

/** The document of that name in the caller's tenant. */
export function byName<D extends NamedDoc>(
  ctx: Pick<Ctx, 'core' | 'tenant'>,
  collection: Collection<D>,
  name: string,
): D | null {
  const doc = ctx.core.views.get(collection, inventoryId(ctx.tenant, name))
  return doc && !doc.gone ? doc : null
}

/** `null` refers to nothing, which is fine. */
export function unknownReferences(
  ctx: Ctx,
  references: Record<string, [Collection<NamedDoc>, string | null | undefined]>,
): Problems {
  return Object.entries(references).flatMap(([path, [collection, name]]) =>
    name === null || name === undefined || byName(ctx, collection, name)
      ? []
      : [{ path, message: `no such thing among the ${collection.noun}` }],
  )
}

export function countWhere<D extends Doc>(ctx: Ctx, collection: Collection<D>, refers: (doc: D) => boolean): number {
  let count = 0
  for (const doc of ctx.core.views.ofTenant(collection, ctx.tenant)) if (refers(doc)) count++
  return count
}
