/** Takes, restores and deletes: the desktop is claimed, the snapshot marked, the order made — each step undone by a refusal of the next. */
import type { Ctx, Refusal } from '../../core/feature.ts'
import { changeOne, findOne } from '../../core/one.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { claimDesktop, leaveDesktop } from '../inventory/service.ts'
import { orderNamed, orderWork } from '../work-orders/service.ts'
import type { NewSnapshot, SnapshotState } from './contract.ts'
import { whyNot, type SnapshotVerb } from './machine.ts'
import { SnapshotDocs, snapshotId, snapshotRef, type SnapshotDoc } from './model.ts'
import { snapshotCreate } from './orders/snapshot-create.ts'
import { snapshotDelete } from './orders/snapshot-delete.ts'
import { snapshotRestore } from './orders/snapshot-restore.ts'
import { presentSnapshot } from './row.ts'
import { seesMasked } from '../../core/lists.ts'

export async function take(ctx: Ctx, { desktop: id, name, description }: NewSnapshot, index = 0) {
  const order = orderNamed(ctx, snapshotCreate, index)
  const { kind } = snapshotCreate
  const desktop = await claimDesktop(unconditional(ctx), id, { verb: 'snapshot', order: { ...order, type: kind } })
  if (isRefusal(desktop)) return desktop
  const doc = await ctx.core.changes.create<SnapshotDoc>(ctx, SnapshotDocs, {
    _id: snapshotId(ctx.tenant, id, name),
    tenant: ctx.tenant,
    name,
    description,
    desktop: { id, name: desktop.name },
    // Only one that a provider holds can be claimed.
    provider: desktop.provider === 'qemu' ? 'qemu' : 'simulated',
    ref: snapshotRef(name, order.number),
    state: 'creating',
    consistency: null,
    bytes: null,
    virtualBytes: null,
    takenAt: null,
    createdAt: ctx.now,
    createdBy: ctx.actor.name,
    order,
    error: null,
    restored: null,
    images: [],
  })
  if (!doc) {
    await leaveDesktop(ctx.core, id, order.id)
    return refused('name.taken', { params: { name } })
  }
  await orderWork(ctx, snapshotCreate, { input: inputOf(doc), ...linksOf(doc), index })
  return doc
}

export async function restore(ctx: Ctx, id: string): Promise<SnapshotDoc | Refusal> {
  const order = orderNamed(ctx, snapshotRestore)
  const doc = await mark(ctx, id, {
    verb: 'restore',
    on: 'restore',
    state: 'restoring',
    order,
    kind: 'snapshot-restore',
  })
  if (isRefusal(doc)) return doc
  await orderWork(ctx, snapshotRestore, { input: { ...inputOf(doc), by: ctx.actor.name }, ...linksOf(doc) })
  return doc
}

export async function remove(ctx: Ctx, id: string, index = 0): Promise<SnapshotDoc | Refusal> {
  const order = orderNamed(ctx, snapshotDelete, index)
  const to = { verb: 'delete', on: 'delete-snapshot', state: 'deleting', order, kind: 'snapshot-delete' } as const
  const doc = await mark(ctx, id, to)
  if (isRefusal(doc)) return doc
  await orderWork(ctx, snapshotDelete, { input: inputOf(doc), ...linksOf(doc), index })
  return doc
}

interface To {
  verb: SnapshotVerb
  on: 'restore' | 'delete-snapshot'
  state: SnapshotState
  order: SnapshotDoc['order']
  kind: string
}

async function mark(ctx: Ctx, id: string, { verb, on, state, order, kind }: To): Promise<SnapshotDoc | Refusal> {
  const found = findOne(ctx, SnapshotDocs, id)
  if (isRefusal(found)) return found
  const refuse = (doc: SnapshotDoc): Refusal | null => {
    // A redo: this very command marked it.
    if (doc.order.id === order.id) return null
    const why = whyNot(doc, verb)
    return why && refused(why.code, { params: why.params, current: presentSnapshot(doc, seesMasked(ctx.role)) })
  }
  const early = refuse(found)
  if (early) return early
  const claim = { verb: on, order: { ...order, type: kind } }
  const desktop = await claimDesktop(unconditional(ctx), found.desktop.id, claim)
  // Of a desktop that is gone only the record is left to delete.
  if (isRefusal(desktop) && !(verb === 'delete' && desktop.refused === 'request.not-found')) return desktop
  const doc = await changeOne(
    ctx,
    SnapshotDocs,
    id,
    (now) => refuse(now) ?? { next: { ...now, state, order, error: null } },
  )
  if (isRefusal(doc)) await leaveDesktop(ctx.core, found.desktop.id, order.id)
  return doc
}

/** `If-Match` speaks of the snapshot, not of its desktop. */
const unconditional = ({ expected: _expected, ...ctx }: Ctx): Ctx => ctx

const inputOf = ({ _id, desktop, provider, ref }: SnapshotDoc) => ({
  snapshot: _id,
  desktop: desktop.id,
  provider,
  ref,
})
const linksOf = ({ _id, name, desktop }: SnapshotDoc) => ({
  subject: { noun: 'snapshots', id: _id, name },
  links: [{ noun: 'desktops', ...desktop }],
})
