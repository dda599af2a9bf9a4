/** Acts on work orders: one by one, or many of them all or nothing. */
import * as z from 'zod/mini'
import { ActResult } from '#wire'
import { defineCommand } from '../../core/command.ts'
import type { Ctx, Operation } from '../../core/feature.ts'
import { isRefusal } from '../../core/problems.ts'
import { actAll, actOne } from './acts.ts'
import { DiskCheckInput, OrderId, OrderIds, OrderRow, orderVerbs, type OrderVerb } from './contract.ts'
import { OrderDocs } from './model.ts'
import { diskCheck } from './orders/disk-check.ts'
import { presentOrder } from './row.ts'
import { orderWork } from './service.ts'
import { give } from './signs.ts'

const permission = 'work-orders:write'
const summaries: Record<OrderVerb, string> = {
  pause: 'Take a scheduled order out of the line',
  resume: 'Put a paused order back to its place',
  cancel: 'End an order; the process of a running one is stopped and what is half-made is removed',
  're-execute': 'Run a failed order again, from the step that failed',
}

export const orderCommands: Operation[] = [
  ...orderVerbs.flatMap((verb) => [
    defineCommand({
      route: `POST /work-orders/:id/actions/${verb}`,
      summary: summaries[verb],
      permission,
      input: OrderId,
      output: ActResult,
      errors: ['work-order.state', 'work-order.held'],
      async run(ctx, { id }) {
        const result = await actOne(ctx, id, verb)
        if (!isRefusal(result)) await tellWorkers(ctx, [id], verb)
        return result
      },
    }),
    defineCommand({
      route: `POST /work-orders/actions/${verb}`,
      summary: `${summaries[verb]}; several, all or nothing`,
      permission,
      input: OrderIds,
      output: z.object({ results: z.array(ActResult) }),
      errors: ['request.not-found', 'work-order.batch', 'work-order.held'],
      async run(ctx, { ids }) {
        const results = await actAll(ctx, ids, verb)
        if (isRefusal(results)) return results
        await tellWorkers(ctx, ids, verb)
        return { results }
      },
    }),
  ]),
  defineCommand({
    route: 'POST /work-orders/disk-checks',
    summary:
      'Prove that the workers can do disk work: a small real disk is made, converted, checked, compared, removed',
    permission,
    creates: true,
    input: DiskCheckInput,
    output: OrderRow,
    async run(ctx, input) {
      const order = await orderWork(ctx, diskCheck, { input, subject: null })
      return presentOrder(order, false)
    },
  }),
]

async function tellWorkers(ctx: Ctx, ids: readonly string[], verb: OrderVerb): Promise<void> {
  if (verb !== 'cancel') return
  const running = ids.filter((id) => ctx.core.views.get(OrderDocs, id)?.holder)
  await Promise.all(running.map((id) => give(ctx.core, id, 'stop')))
}
