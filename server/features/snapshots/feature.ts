/** The room of snapshots. */
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { SnapshotsByDesktop } from './by-desktop.ts'
import { SnapshotDocs } from './model.ts'
import { snapshotQueries } from './queries.ts'
import { SnapshotView } from './row.ts'

export function snapshotFeature(): Feature {
  let byDesktop: SnapshotsByDesktop | undefined
  const ready = () => must(byDesktop, 'the room of snapshots is assembled before it is used')
  return {
    name: 'snapshots',
    collections: [SnapshotDocs],
    views: [SnapshotView],
    operations: snapshotQueries(ready),
    assemble(core) {
      byDesktop = new SnapshotsByDesktop(core)
    },
  }
}
