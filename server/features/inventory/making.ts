/** New desktops and the end of desktops: a work order each where a provider holds them, at once where none does. */
import { defineCommand } from '../../core/command.ts'
import type { Ctx, Operation, Refusal } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { findOne } from '../../core/one.ts'
import { isRefusal, refusalOf, refused, toProblem } from '../../core/problems.ts'
import { orderNamed, orderWork } from '../work-orders/service.ts'
import { claimDesktop } from './claims.ts'
import { Ids, NewDesktops, OrderedResult, OrderedResults } from './contract.ts'
import { mayDelete } from './machine.ts'
import { DesktopDocs, NetworkDocs, newDesktop, PolicyDocs, PoolDocs, type DesktopDoc } from './model.ts'
import { ById } from './nouns.ts'
import { desktopCreate } from './orders/desktop-create.ts'
import { desktopDelete } from './orders/desktop-delete.ts'
import { byName, unknownReferences } from './references.ts'

const permission = 'inventory:write'
const atOnce = 20

export function makingCommands(snapshotsOf: (desktop: string) => number): Operation[] {
  return [
    create,
    defineCommand({
      route: 'DELETE /desktops/:id',
      summary: 'Delete a desktop with its disk; one that a provider holds by a work order',
      permission,
      input: ById,
      output: OrderedResult,
      errors: ['desktop.state', 'desktop.busy', 'desktop.has-snapshots', 'provider.unavailable'],
      async run(ctx, { id }) {
        const result = await remove(ctx, id, 0, snapshotsOf)
        return refusalOf(result) ?? result
      },
    }),
    defineCommand({
      route: 'POST /desktops/actions/delete',
      summary: 'Delete several desktops with their disks, a result and a work order for each',
      permission,
      input: Ids,
      output: OrderedResults,
      run: async (ctx, { ids }) => ({ results: await each(ids, (id, index) => remove(ctx, id, index, snapshotsOf)) }),
    }),
  ]
}

const create = defineCommand({
  route: 'POST /desktops',
  summary: 'Make new desktops, a work order each; a name that is taken is refused, the others are made',
  permission,
  creates: true,
  input: NewDesktops,
  output: OrderedResults,
  async run(ctx, input) {
    const { pool: poolName, network, policy } = input
    const errors = unknownReferences(ctx, {
      pool: [PoolDocs, poolName],
      network: [NetworkDocs, network],
      policy: [PolicyDocs, policy],
    })
    const pool = poolName === null ? null : byName(ctx, PoolDocs, poolName)
    const provider = input.provider ?? pool?.provider
    if (!provider) errors.push({ path: 'provider', message: 'say where they are made: the pool does not' })
    if (errors.length || !provider) return refused('request.invalid', { errors })
    const place = { pool: poolName, business: pool?.business ?? null, region: pool?.region ?? null }
    return { results: await each(namesOf(input), (name, index) => make(ctx, { name, index, provider, place, input })) }
  },
})

function namesOf({ name, count }: NewDesktops): string[] {
  if (count === 1) return [name]
  const digits = Math.max(2, String(count).length)
  return Array.from({ length: count }, (_, n) => `${name}-${String(n + 1).padStart(digits, '0')}`)
}

interface Making {
  name: string
  index: number
  provider: 'qemu' | 'simulated'
  place: Pick<DesktopDoc, 'pool' | 'business' | 'region'>
  input: NewDesktops
}

/** The desktop stands before its order: a name is taken once, and whoever looks sees it being made. */
async function make(ctx: Ctx, { name, index, provider, place, input }: Making): Promise<OrderedResult> {
  const { image, vcpus, memoryMiB, diskGiB, network, policy } = input
  const made = { image, vcpus, memoryMiB, diskGiB, network, policy }
  const order = orderNamed(ctx, desktopCreate, index)
  const fresh = newDesktop(ctx.tenant, name, provider, ctx.now)
  const orders = [{ ...order, type: desktopCreate.kind }]
  const doc = await ctx.core.changes.create<DesktopDoc>(ctx, DesktopDocs, {
    ...fresh,
    ...place,
    runState: 'creating',
    orders,
    made,
  })
  if (!doc) return failure(ctx, fresh._id, refused('name.taken', { params: { name } }))
  await orderWork(ctx, desktopCreate, {
    input: { desktop: doc._id, name, provider, make: made },
    subject: linkOf(doc),
    index,
  })
  return { id: doc._id, ok: true, changed: true, v: doc.v, order }
}

async function remove(
  ctx: Ctx,
  id: string,
  index: number,
  snapshotsOf: (id: string) => number,
): Promise<OrderedResult> {
  const doc = findOne(ctx, DesktopDocs, id)
  if (isRefusal(doc)) return failure(ctx, id, doc)
  if (doc.provider === 'agent') return removeAtOnce(ctx, id)
  const count = snapshotsOf(id)
  if (count > 0) return failure(ctx, id, refused('desktop.has-snapshots', { params: { count } }))
  const order = orderNamed(ctx, desktopDelete, index)
  const claim = { verb: 'delete', order: { ...order, type: desktopDelete.kind }, runState: 'deleting' } as const
  const claimed = await claimDesktop(ctx, id, claim)
  if (isRefusal(claimed)) return failure(ctx, id, claimed)
  await orderWork(ctx, desktopDelete, {
    input: { desktop: id, provider: doc.provider },
    subject: linkOf(doc),
    index,
  })
  return { id, ok: true, changed: true, v: claimed.v, order }
}

async function removeAtOnce(ctx: Ctx, id: string): Promise<OrderedResult> {
  const [result] = await ctx.core.changes.each(ctx, DesktopDocs, [id], (doc) =>
    mayDelete(doc.runState) && !doc.agent?.connected
      ? { next: { ...doc, gone: true } }
      : refused('state.conflict', { params: { state: doc.runState, allowed: ['off', 'offline', 'error'] } }),
  )
  return must(result, 'one id has one result')
}

export const linkOf = ({ _id, name }: Pick<DesktopDoc, '_id' | 'name'>) => ({ noun: 'desktops', id: _id, name })

function failure(ctx: Ctx, id: string, refusal: Refusal): OrderedResult {
  const current = refusal.current === undefined ? {} : { current: refusal.current }
  return { id, ok: false, problem: toProblem(refusal, ctx.language, ctx.trace), ...current }
}

/** Some at a time: one after the other would take a screen's patience, all at once the database's. */
async function each<T>(
  items: readonly T[],
  act: (item: T, index: number) => Promise<OrderedResult>,
): Promise<OrderedResult[]> {
  const results: OrderedResult[] = []
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map((item, n) => act(item, at + n)))))
  return results
}
