/** Work orders on a desktop's disk, written on the desktop itself: the door is closed before the work begins (S3). */
import type { Core } from '../../core/core.ts'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { seesMasked } from '../../core/lists.ts'
import { changeOne, settleOne } from '../../core/one.ts'
import type { Reason } from '../../core/order-kind.ts'
import { refused } from '../../core/problems.ts'
import type { DiskOrder, RunState } from './contract.ts'
import { whyNot, type DesktopVerb, type WhyNot } from './machine.ts'
import { DesktopDocs, type DesktopDoc } from './model.ts'
import { presentDesktop, standingOf } from './present.ts'

type DiskVerb = Exclude<DesktopVerb, 'power-on' | 'power-off' | 'restart'>

/** As part of somebody's act. `If-Match` speaks of what the act is about, which may be another thing. */
export async function claimDesktop(
  ctx: Ctx,
  id: string,
  { verb, order, runState }: { verb: DiskVerb; order: DiskOrder; runState?: RunState },
): Promise<DesktopDoc | Refusal> {
  return changeOne(ctx, DesktopDocs, id, (doc) => {
    const why = notNow(doc, verb)
    return why ? refusal(ctx, why, doc) : { next: claimed(doc, order, runState) }
  })
}

/** Once more for an order that runs again; null: it has the desktop. */
export async function claimAgain(
  core: Core,
  id: string,
  { verb, order, runState }: { verb: DiskVerb; order: DiskOrder; runState?: RunState },
): Promise<Reason | null> {
  let reason: Reason | null = { code: 'subject.gone', message: 'the desktop is gone' }
  await settleOne(core, DesktopDocs, id, (doc) => {
    const why = hasOrder(doc, order.id) ? null : notNow(doc, verb)
    reason = why && { code: 'subject.taken', message: `the desktop is ${doc.runState}: ${why.code}` }
    return why || hasOrder(doc, order.id) ? null : claimed(doc, order, runState)
  })
  return reason
}

/** `change`: what the end of the order makes of the desktop. */
export async function leaveDesktop(
  core: Pick<Core, 'changes' | 'views'>,
  id: string,
  order: string,
  change: (doc: DesktopDoc) => Partial<DesktopDoc> = () => ({}),
): Promise<void> {
  await settleOne(core, DesktopDocs, id, (doc) =>
    hasOrder(doc, order)
      ? { ...doc, ...change(doc), orders: (doc.orders ?? []).filter((one) => one.id !== order) }
      : null,
  )
}

export const refusal = ({ role }: Pick<Ctx, 'role'>, { code, params }: WhyNot, doc: DesktopDoc): Refusal =>
  refused(code, { params, current: presentDesktop(doc, seesMasked(role)) })

const notNow = (doc: DesktopDoc, verb: DiskVerb) => whyNot(standingOf(doc), verb)
const hasOrder = (doc: DesktopDoc, order: string) => (doc.orders ?? []).some(({ id }) => id === order)
const claimed = (doc: DesktopDoc, order: DiskOrder, runState: RunState = doc.runState): DesktopDoc => ({
  ...doc,
  runState,
  orders: [...(doc.orders ?? []), order],
})
