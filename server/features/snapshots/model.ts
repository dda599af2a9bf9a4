/** What is stored of snapshots. */
import { createHash } from 'node:crypto'
import type { Collection, Doc } from '../../core/feature.ts'
import type { Link } from '../work-orders/contract.ts'
import type { Consistency, SnapshotRow, SnapshotState } from './contract.ts'

export interface SnapshotDoc extends Doc {
  name: string
  description: string
  desktop: { id: string; name: string }
  provider: SnapshotRow['provider']
  /** Its name on the disk. */
  ref: string
  state: SnapshotState
  consistency: Consistency | null
  bytes: number | null
  virtualBytes: number | null
  takenAt: number | null
  createdAt: number
  createdBy: string
  order: { id: string; number: string }
  error: { code: string; message: string } | null
  restored: { at: number; by: string } | null
  /** Written by the room of images before it begins: while there is one, deleting is refused. */
  images: Link[]
}

export const SnapshotDocs: Collection<SnapshotDoc> = {
  noun: 'snapshots',
  hot: true,
  indexes: [{ key: { tenant: 1, createdAt: -1 } }],
}

/** A name is taken once per desktop by the key itself; case and Unicode form make no second one. */
export function snapshotId(tenant: string, desktop: string, name: string): string {
  const key = `${desktop}\n${name.normalize('NFC').toLowerCase()}`
  return `${tenant}:snap-${digest(key)}`
}

/** Readable on the disk, and another one each time: what an earlier snapshot of that name left is never taken for it. */
export function snapshotRef(name: string, order: string): string {
  const readable = name.replaceAll(/[^A-Za-z0-9]+/g, '-').replace(/^[^A-Za-z]+/, '')
  return `${readable.slice(0, 60).replace(/-$/, '') || 'snapshot'}-${digest(order).slice(0, 6)}`
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
