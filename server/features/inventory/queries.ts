/** Lists and single things, from the hot views alone. */
import * as z from 'zod/mini'
import type { Paging } from '#wire'
import { defineQuery } from '../../core/command.ts'
import type { Doc, LiveView, Operation } from '../../core/feature.ts'
import { listOf, listView, seesMasked } from '../../core/lists.ts'
import { refused } from '../../core/problems.ts'
import { ById } from './nouns.ts'

/** `GET /noun` and `GET /noun/:id` of a live view. */
export function readings<D extends Doc, Row extends { id: string }, F>(
  live: LiveView<D, Row, F>,
  row: z.ZodMiniType<Row>,
  query: z.ZodMiniType<F & Paging>,
): Operation[] {
  const { name, permission } = live.contract
  return [
    defineQuery({
      route: `GET /${name}`,
      summary: `${name} of the tenant`,
      input: query,
      output: listOf(row),
      permission,
      run: (ctx, ask) => listView(ctx, live, ask, ask),
    }),
    defineQuery({
      route: `GET /${name}/:id`,
      summary: `One of the ${name}, with its version`,
      input: ById,
      output: z.intersection(row, z.object({ v: z.number() })),
      permission,
      run(ctx, { id }) {
        const doc = ctx.core.views.get(live.collection, id)
        const shown = doc && !doc.gone && doc.tenant === ctx.tenant ? live.present(doc, seesMasked(ctx.role)) : null
        return doc && shown ? { ...shown, v: doc.v } : refused('request.not-found')
      },
    }),
  ]
}
