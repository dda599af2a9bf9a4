/** The room of snapshots. */
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { SnapshotsByDesktop } from './by-desktop.ts'
import { snapshotCommands } from './commands.ts'
import { SnapshotDocs } from './model.ts'
import { snapshotCreate } from './orders/snapshot-create.ts'
import { snapshotDelete } from './orders/snapshot-delete.ts'
import { snapshotRestore } from './orders/snapshot-restore.ts'
import { snapshotQueries } from './queries.ts'
import { SnapshotView } from './row.ts'

export interface SnapshotFeature extends Feature {
  /** How many a desktop has. */
  countOf: (desktop: string) => number
}

export function snapshotFeature(): SnapshotFeature {
  let byDesktop: SnapshotsByDesktop | undefined
  const ready = () => must(byDesktop, 'the room of snapshots is assembled before it is used')
  return {
    countOf: (desktop) => ready().of(desktop).length,
    name: 'snapshots',
    collections: [SnapshotDocs],
    views: [SnapshotView],
    operations: [...snapshotQueries(ready), ...snapshotCommands],
    orders: [snapshotCreate, snapshotRestore, snapshotDelete],
    assemble(core) {
      byDesktop = new SnapshotsByDesktop(core)
    },
  }
}
