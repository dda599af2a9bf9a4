/** The rules of work orders: made by the rooms that own the work, advanced by workers, ended by whoever finds them lost. */
import type { Core } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import { documents } from '../../core/mongo.ts'
import { must } from '../../core/must.ts'
import type { OrderKind } from '../../core/order-kind.ts'
import { untilKnown } from '../../core/until-known.ts'
import type { Link } from './contract.ts'
import { freshSteps, OrderDocs, orderId, orderNumber, type OrderDoc } from './model.ts'

/** What a room says about the work it wants done. */
export interface Wanted<I> {
  input: I
  subject: Link | null
  links?: Link[]
  /** Tells several orders of one command apart. */
  index?: number
}

/** Under which number the order will stand: known before it is made, so that its thing can be claimed for it. */
export function orderNamed(ctx: Ctx, kind: Pick<OrderKind, 'kind'>, index = 0): { id: string; number: string } {
  const number = orderNumber(kind.kind, ctx.now, `${ctx.command} ${index}`)
  return { id: orderId(ctx.tenant, number), number }
}

/** Makes an order; the same command (and index) makes the same one, so a redo finds it standing. */
export async function orderWork<I extends Record<string, unknown>>(
  ctx: Ctx,
  kind: OrderKind<I>,
  { input, subject, links = [], index = 0 }: Wanted<I>,
): Promise<OrderDoc> {
  const { id, number } = orderNamed(ctx, kind, index)
  const lock = kind.lockOf(input)
  const order: Omit<OrderDoc, 'v'> = {
    _id: id,
    tenant: ctx.tenant,
    type: kind.kind,
    number,
    state: 'scheduled',
    subject,
    links,
    input,
    lock: lock === null ? null : `${ctx.tenant}:${lock}`,
    createdBy: ctx.actor.name,
    createdById: ctx.actor.id,
    createdAt: ctx.now,
    attempt: 1,
    interruptions: 0,
    steps: freshSteps(kind.steps),
    attempts: [],
    warnings: [],
    error: null,
    startedAt: null,
    endedAt: null,
    holder: null,
    fence: 0,
    hold: null,
    unsettled: false,
    logs: [],
  }
  return must(await ctx.core.changes.create(ctx, OrderDocs, order), 'numbers are not given twice')
}

/** An order that holds or wants the thing with that lock key, if there is one: asked before it is touched otherwise. */
export function orderOn(core: Pick<Core, 'views'>, tenant: string, lock: string): OrderDoc | null {
  const key = `${tenant}:${lock}`
  for (const order of core.views.ofTenant(OrderDocs, tenant))
    if (order.lock === key && (order.holder !== null || ['scheduled', 'paused'].includes(order.state))) return order
  return null
}

/** As it stands in the database, by its exact id. */
export async function readOrder(core: Pick<Core, 'db' | 'logger'>, id: string): Promise<OrderDoc | null> {
  return untilKnown(core.logger, 'reading an order', () =>
    documents<OrderDoc>(core.db, OrderDocs.noun).findOne({ _id: id }),
  )
}

/** Decides again on what stands until the write wins; null: the decision refused. */
export async function changeOrder(
  core: Pick<Core, 'changes'>,
  from: OrderDoc,
  decide: (doc: OrderDoc) => OrderDoc | null,
): Promise<{ ok: true; doc: OrderDoc } | { ok: false; current: OrderDoc | null }> {
  let doc: OrderDoc | null = from
  while (doc && !doc.gone) {
    const next = decide(doc)
    if (!next) break
    const [result] = await core.changes.write([{ collection: OrderDocs, doc: next, base: doc.v }])
    const settled = must(result, 'one write has one result')
    // The orders collection holds orders only.
    if (settled.ok) return { ok: true, doc: settled.doc as OrderDoc }
    doc = settled.current as OrderDoc | null
  }
  return { ok: false, current: doc }
}
