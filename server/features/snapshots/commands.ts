/** Acts on snapshots: each answers at once and goes on as a work order. */
import { defineCommand } from '../../core/command.ts'
import type { Ctx, Operation, Refusal } from '../../core/feature.ts'
import { seesMasked } from '../../core/lists.ts'
import { isRefusal, toProblem } from '../../core/problems.ts'
import { OrderedResult, OrderedResults } from '../inventory/contract.ts'
import { remove, restore, take } from './acts.ts'
import { NewSnapshot, NewSnapshots, SnapshotId, SnapshotIds, SnapshotRow } from './contract.ts'
import { snapshotId, type SnapshotDoc } from './model.ts'
import { presentSnapshot } from './row.ts'

const permission = 'snapshots:write'
const onDesktop = ['desktop.state', 'desktop.busy', 'provider.not-offered', 'provider.unavailable'] as const
const atOnce = 20

export const snapshotCommands: Operation[] = [
  defineCommand({
    route: 'POST /snapshots',
    summary: 'Take a snapshot of a desktop that runs (crash-consistent) or is off (clean)',
    permission,
    creates: true,
    input: NewSnapshot,
    output: SnapshotRow,
    errors: ['request.not-found', 'name.taken', ...onDesktop],
    async run(ctx, input) {
      const doc = await take(ctx, input)
      return isRefusal(doc) ? doc : presentSnapshot(doc, seesMasked(ctx.role))
    },
  }),
  defineCommand({
    route: 'POST /snapshots/actions/create',
    summary: 'Take a snapshot under the same name of each of several desktops, a result and a work order for each',
    permission,
    input: NewSnapshots,
    output: OrderedResults,
    run: async (ctx, { desktops, name, description }) => ({
      results: await each(ctx, desktops, async (desktop, index) => ({
        id: snapshotId(ctx.tenant, desktop, name),
        outcome: await take(ctx, { desktop, name, description }, index),
      })),
    }),
  }),
  defineCommand({
    route: 'POST /snapshots/:id/actions/restore',
    summary: 'Put the disk of a powered-off desktop back to the snapshot: what was written since is gone',
    permission,
    input: SnapshotId,
    output: OrderedResult,
    errors: ['snapshot.state', ...onDesktop],
    run: async (ctx, { id }) => answer(await restore(ctx, id)),
  }),
  defineCommand({
    route: 'DELETE /snapshots/:id',
    summary: 'Delete a snapshot; refused while an image was or is being made from it',
    permission,
    input: SnapshotId,
    output: OrderedResult,
    errors: ['snapshot.state', 'snapshot.has-image', ...onDesktop],
    run: async (ctx, { id }) => answer(await remove(ctx, id)),
  }),
  defineCommand({
    route: 'POST /snapshots/actions/delete',
    summary: 'Delete several snapshots, a result and a work order for each',
    permission,
    input: SnapshotIds,
    output: OrderedResults,
    run: async (ctx, { ids }) => ({
      results: await each(ctx, ids, async (id, index) => ({ id, outcome: await remove(ctx, id, index) })),
    }),
  }),
]

const answer = (outcome: SnapshotDoc | Refusal): OrderedResult | Refusal =>
  isRefusal(outcome) ? outcome : { id: outcome._id, ok: true, changed: true, v: outcome.v, order: outcome.order }

type Act = (item: string, index: number) => Promise<{ id: string; outcome: SnapshotDoc | Refusal }>

/** Some at a time: one after the other would take a screen's patience, all at once the database's. */
async function each(ctx: Ctx, items: readonly string[], act: Act): Promise<OrderedResult[]> {
  const results: OrderedResult[] = []
  const unique = [...new Set(items)]
  for (let at = 0; at < unique.length; at += atOnce) {
    const part = await Promise.all(unique.slice(at, at + atOnce).map((item, n) => act(item, at + n)))
    results.push(...part.map(({ id, outcome }) => resultOf(ctx, id, outcome)))
  }
  return results
}

function resultOf(ctx: Ctx, id: string, outcome: SnapshotDoc | Refusal): OrderedResult {
  const done = answer(outcome)
  if (!isRefusal(done)) return done
  const current = done.current === undefined ? {} : { current: done.current }
  return { id, ok: false, problem: toProblem(done, ctx.language, ctx.trace), ...current }
}
