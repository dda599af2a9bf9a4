/**
 * What people do with orders. One: the machine decides. A batch: all or nothing — every order is first held by
 * compare-and-set, one refusal lets all go and answers 409, then all change (S3).
 */
import { createHash } from 'node:crypto'
import type { ActResult } from '#wire'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { seesMasked } from '../../core/lists.ts'
import { must } from '../../core/must.ts'
import { refusalOf, refused } from '../../core/problems.ts'
import type { OrderState, OrderVerb } from './contract.ts'
import { acted } from './decide.ts'
import { namedFirst, stateNames, verbNames } from './machine.ts'
import { OrderDocs, type OrderDoc } from './model.ts'
import { presentOrder } from './row.ts'

/** Two batches that meet let each other pass; whoever comes later is told how the orders stand then. */
const tries = 8
const pauseMs = 60

export async function actOne(ctx: Ctx, id: string, verb: OrderVerb): Promise<ActResult | Refusal> {
  for (let left = tries; ; left--) {
    const [result] = await ctx.core.changes.each(ctx, OrderDocs, [id], (doc) => {
      if (isHeldByOther(ctx, doc)) return refused('work-order.held')
      const next = acted(doc, verb, ctx.now)
      return next ? { next } : wrongState(ctx, doc)
    })
    const only = must(result, 'one id has one result')
    const refusal = refusalOf(only)
    if (refusal?.refused !== 'work-order.held' || left === 0) return refusal ?? only
    await pause(ctx)
  }
}

export async function actAll(ctx: Ctx, ids: readonly string[], verb: OrderVerb): Promise<ActResult[] | Refusal> {
  const all = [...new Set(ids)].sort()
  for (let left = tries; ; left--) {
    const refusal = await holdAll(ctx, all, verb)
    if (!refusal) break
    if (refusal.refused !== 'work-order.held' || left === 0) return refusal
    await pause(ctx)
  }
  const results = await ctx.core.changes.each(ctx, OrderDocs, all, (doc) => {
    const next = acted(doc, verb, ctx.now)
    return next && doc.hold?.command === ctx.command ? { next: { ...next, hold: null } } : wrongState(ctx, doc)
  })
  return ids.map((id) =>
    must(
      results.find((one) => one.id === id),
      'every id has a result',
    ),
  )
}

/** null: all are held. Anything else: none is, and this is why. */
async function holdAll(ctx: Ctx, ids: readonly string[], verb: OrderVerb): Promise<Refusal | null> {
  // The first alone: of two who chose the same, one stops here and has nothing to let go.
  const [first = '', ...rest] = ids
  try {
    const refusals = await hold(ctx, [first], verb)
    const all = refusals.length && isHeld(refusals) ? refusals : [...refusals, ...(await hold(ctx, rest, verb))]
    if (all.length === 0) return null
    await release(ctx, ids)
    return refusalOfBatch(ctx, all, verb)
  } catch (error) {
    await release(ctx, ids)
    throw error
  }
}

interface Refused {
  id: string
  refusal: Refusal
}
const isHeld = (refusals: readonly Refused[]) => refusals.every(({ refusal }) => refusal.refused === 'work-order.held')

async function hold(ctx: Ctx, ids: readonly string[], verb: OrderVerb): Promise<Refused[]> {
  const results = await ctx.core.changes.each(quietly(ctx, 'hold'), OrderDocs, ids, (doc) => {
    // A redo: this one changed already, by this very command.
    if (doc.commands?.includes(ctx.command)) return { same: true }
    if (isHeldByOther(ctx, doc)) return refused('work-order.held')
    if (!acted(doc, verb, ctx.now)) return wrongState(ctx, doc)
    if (doc.hold) return { same: true }
    return { next: { ...doc, hold: { command: ctx.command, node: ctx.core.incarnation } } }
  })
  return results.flatMap((result) => {
    const refusal = refusalOf(result)
    return refusal ? [{ id: result.id, refusal }] : []
  })
}

async function release(ctx: Ctx, ids: readonly string[]): Promise<void> {
  await ctx.core.changes.each(quietly(ctx, 'release'), OrderDocs, ids, (doc) =>
    doc.hold?.command === ctx.command ? { next: { ...doc, hold: null } } : { same: true },
  )
}

let quiet = 0
/** Holding and letting go are no acts of their own: not audited, and never taken for done before. */
const quietly = (ctx: Ctx, what: string): Ctx => {
  const { expected: _expected, ...rest } = ctx
  return { ...rest, command: `${ctx.command}:${what}:${ctx.core.incarnation}:${quiet++}`, touched: [] }
}

const isHeldByOther = (ctx: Ctx, doc: OrderDoc) => doc.hold !== null && doc.hold.command !== ctx.command

function wrongState(ctx: Ctx, doc: OrderDoc): Refusal {
  return refused('work-order.state', {
    params: { state: doc.state, stateName: stateNames[doc.state] },
    current: presentOrder(doc, seesMasked(ctx.role)),
  })
}

function refusalOfBatch(ctx: Ctx, refusals: readonly Refused[], verb: OrderVerb): Refusal {
  const missing = refusals.find(({ refusal }) => refusal.refused === 'request.not-found')
  if (missing) return refused('request.not-found', { params: { ids: idsOf(refusals, 'request.not-found') } })
  const wrong = refusals.filter(({ refusal }) => refusal.refused === 'work-order.state')
  if (wrong.length === 0) return must(refusals[0], 'there is at least one').refusal
  const offenders = wrong
    .map(({ id, refusal }) => ({
      id,
      state: stateOf(refusal) ?? ctx.core.views.get(OrderDocs, id)?.state ?? 'running',
    }))
    .sort((a, b) => namedFirst.indexOf(a.state) - namedFirst.indexOf(b.state) || (a.id < b.id ? -1 : 1))
  const { state } = must(offenders[0], 'there is at least one')
  return refused('work-order.batch', {
    params: { state, stateName: stateNames[state], verb, verbName: verbNames[verb], offenders },
  })
}

const idsOf = (refusals: readonly Refused[], code: string) =>
  refusals.flatMap(({ id, refusal }) => (refusal.refused === code ? [id] : []))

const stateOf = ({ params }: Refusal): OrderState | undefined => namedFirst.find((state) => state === params?.['state'])

/** Who waits for another asks again a little later, each at a moment of its own. */
function pause(ctx: Ctx): Promise<void> {
  const own = createHash('sha256').update(ctx.command).digest().readUInt16BE() % pauseMs
  return new Promise((resolve) => setTimeout(resolve, pauseMs + own))
}
