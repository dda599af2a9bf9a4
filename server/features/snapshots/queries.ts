/** Readings of snapshots, from memory alone. */
import { defineQuery } from '../../core/command.ts'
import type { Operation } from '../../core/feature.ts'
import { listOf, listView, seesMasked } from '../../core/lists.ts'
import { findOne } from '../../core/one.ts'
import { isRefusal } from '../../core/problems.ts'
import type { SnapshotsByDesktop } from './by-desktop.ts'
import { SnapshotDetail, SnapshotId, SnapshotQuery, SnapshotRow } from './contract.ts'
import { SnapshotDocs } from './model.ts'
import { presentDetail, SnapshotView } from './row.ts'

const permission = 'snapshots:read'

export function snapshotQueries(byDesktop: () => SnapshotsByDesktop): Operation[] {
  return [
    defineQuery({
      route: 'GET /snapshots',
      summary: 'Snapshots of the tenant, filtered, ordered, paged',
      permission,
      input: SnapshotQuery,
      output: listOf(SnapshotRow),
      run: (ctx, { cursor, limit, sort, ...filter }) => listView(ctx, SnapshotView, filter, { cursor, limit, sort }),
    }),
    defineQuery({
      route: 'GET /snapshots/:id',
      summary: 'One snapshot with its size and the other snapshots of the same disk',
      permission,
      input: SnapshotId,
      output: SnapshotDetail,
      run(ctx, { id }) {
        const doc = findOne(ctx, SnapshotDocs, id)
        if (isRefusal(doc)) return doc
        return presentDetail(doc, seesMasked(ctx.role), byDesktop().of(doc.desktop.id))
      },
    }),
  ]
}
