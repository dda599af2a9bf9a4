/** Files that a worker left when it died: of orders that ended, and of attempts that did. */
import type { Core } from '../server/core/core.ts'
import { orderId, readOrder } from '../server/features/work-orders/jobs.ts'
import { OrderFiles, ordersWithFiles, workDir } from './files.ts'
import { keptOf } from './held-order.ts'

export async function removeLeftovers(core: Core): Promise<void> {
  const root = workDir(core.config)
  for await (const [tenant, number] of ordersWithFiles(root)) {
    const order = await readOrder(core, orderId(tenant, number))
    // Whoever holds it has them in hand; one that waits is tidied by its next attempt.
    if (order && (order.holder || order.state === 'scheduled' || order.state === 'paused')) continue
    const files = new OrderFiles(root, { tenant, number })
    if (order?.state === 'failed' && !order.gone) await files.clean(keptOf(order), order.attempt)
    else await files.clean([])
  }
}
