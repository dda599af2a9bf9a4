/** What the end of an order makes of its snapshot; harmless when told again. */
import * as z from 'zod/mini'
import type { Core } from '../../../core/core.ts'
import { settleOne } from '../../../core/one.ts'
import type { EndedOrder, Reason, ResumedOrder } from '../../../core/order-kind.ts'
import { HoldingProvider } from '../../inventory/contract.ts'
import { claimAgain, leaveDesktop } from '../../inventory/service.ts'
import type { SnapshotState } from '../contract.ts'
import { SnapshotDocs, type SnapshotDoc } from '../model.ts'

export const OnSnapshot = z.strictObject({
  snapshot: z.string(),
  /** Also what its provider calls it. */
  desktop: z.string(),
  provider: HoldingProvider,
  ref: z.string(),
})
type Input = z.infer<typeof OnSnapshot>

interface Ends {
  /** The state meanwhile; another one says that somebody told us already. */
  during: SnapshotState
  done: (doc: SnapshotDoc, order: EndedOrder, now: number) => SnapshotDoc
  /** Where it stands when it did not come about. */
  undone: (doc: SnapshotDoc) => SnapshotState
}

export async function end(core: Core, order: EndedOrder, { snapshot, desktop }: Input, ends: Ends): Promise<void> {
  if (order.willRepeat) return
  const now = core.clock.now()
  await settleOne(core, SnapshotDocs, snapshot, (doc) => {
    if (doc.order.id !== order.id || doc.state !== ends.during) return null
    if (order.state === 'succeeded') return { ...ends.done(doc, order, now), error: null }
    const { code, message } = order.error ?? { code: 'cancelled', message: 'the order was cancelled' }
    return { ...doc, state: ends.undone(doc), error: { code, message: message.slice(0, 500) } }
  })
  await leaveDesktop(core, desktop, order.id)
}

/** The snapshot first: a desktop is not claimed for one that is gone. */
export async function resume(
  core: Core,
  { id, number }: ResumedOrder,
  { snapshot, desktop }: Input,
  { kind, verb, during }: { kind: string; verb: 'snapshot' | 'restore' | 'delete-snapshot'; during: SnapshotState },
): Promise<Reason | null> {
  const standing = core.views.get(SnapshotDocs, snapshot)
  if (!standing || standing.gone || standing.order.id !== id)
    return { code: 'subject.gone', message: 'the snapshot is gone, or something else was done with it since' }
  const reason = await claimAgain(core, desktop, { verb, order: { id, number, type: kind } })
  if (reason) return reason
  await settleOne(core, SnapshotDocs, snapshot, (doc) =>
    doc.order.id === id && doc.state !== during ? { ...doc, state: during, error: null } : null,
  )
  return null
}

export const limits = { slots: 100, timeoutMs: 70 * 60_000, lock: ({ desktop }: Input) => `disk:${desktop}` }
