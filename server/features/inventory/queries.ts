/** Lists and single things, from the hot views alone. */
import * as z from 'zod/mini'
import type { Paging } from '#wire'
import { defineQuery } from '../../core/command.ts'
import type { Doc, LiveView, Operation } from '../../core/feature.ts'
import { listOf, listView, seesMasked } from '../../core/lists.ts'
import { findOne } from '../../core/one.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { DesktopDetail, DesktopQuery, DesktopRow } from './contract.ts'
import { DesktopDocs } from './model.ts'
import { ById } from './nouns.ts'
import { presentDesktopDetail } from './present.ts'
import { liveDesktops } from './views.ts'

/** `GET /noun` of a live view. */
export function listing<D extends Doc, Row extends { id: string }, F>(
  live: LiveView<D, Row, F>,
  row: z.ZodMiniType<Row>,
  query: z.ZodMiniType<F & Paging>,
): Operation {
  const { name, permission } = live.contract
  return defineQuery({
    route: `GET /${name}`,
    summary: `${name} of the tenant`,
    input: query,
    output: listOf(row),
    permission,
    run: (ctx, ask) => listView(ctx, live, ask, ask),
  })
}

/** `GET /noun` and `GET /noun/:id` of a live view. */
export function readings<D extends Doc, Row extends { id: string }, F>(
  live: LiveView<D, Row, F>,
  row: z.ZodMiniType<Row>,
  query: z.ZodMiniType<F & Paging>,
): Operation[] {
  const { name, permission } = live.contract
  return [
    listing(live, row, query),
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

export const desktopQueries: Operation[] = [
  listing(liveDesktops, DesktopRow, DesktopQuery),
  defineQuery({
    route: 'GET /desktops/:id',
    summary: 'One desktop: where it is, what it was made with, what is being done with it',
    input: ById,
    output: DesktopDetail,
    permission: 'inventory:read',
    run(ctx, { id }) {
      const doc = findOne(ctx, DesktopDocs, id)
      return isRefusal(doc) ? doc : presentDesktopDetail(doc, seesMasked(ctx.role))
    },
  }),
]
