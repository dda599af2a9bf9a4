/** The only way out of a snapshot: fields by hand, people hidden from roles that need none. */
import type { LiveView } from '../../core/feature.ts'
import { Snapshots, type ChainLink, type SnapshotDetail, type SnapshotFilter, type SnapshotRow } from './contract.ts'
import { SnapshotDocs, type SnapshotDoc } from './model.ts'

export const presentSnapshot = (doc: SnapshotDoc, masked: boolean): SnapshotRow => ({
  id: doc._id,
  name: doc.name,
  description: doc.description,
  desktop: doc.desktop,
  provider: doc.provider,
  state: doc.state,
  consistency: doc.consistency,
  bytes: doc.bytes,
  takenAt: doc.takenAt,
  createdAt: doc.createdAt,
  createdBy: masked ? null : doc.createdBy,
  order: doc.order,
  error: doc.error,
  images: doc.images,
})

const presentLink = (doc: SnapshotDoc): ChainLink => ({
  id: doc._id,
  name: doc.name,
  state: doc.state,
  takenAt: doc.takenAt,
  bytes: doc.bytes,
})

/** `siblings`: all snapshots of its desktop. */
export const presentDetail = (doc: SnapshotDoc, masked: boolean, siblings: readonly SnapshotDoc[]): SnapshotDetail => ({
  ...presentSnapshot(doc, masked),
  v: doc.v,
  ref: doc.ref,
  virtualBytes: doc.virtualBytes,
  restoredAt: doc.restored?.at ?? null,
  restoredBy: masked ? null : (doc.restored?.by ?? null),
  chain: siblings
    .toSorted((a, b) => (a.takenAt ?? a.createdAt) - (b.takenAt ?? b.createdAt) || (a._id < b._id ? -1 : 1))
    .map(presentLink),
})

export const SnapshotView: LiveView<SnapshotDoc, SnapshotRow, SnapshotFilter> = {
  contract: Snapshots,
  collection: SnapshotDocs,
  present: presentSnapshot,
}
