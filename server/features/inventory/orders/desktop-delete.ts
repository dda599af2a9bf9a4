/** A desktop and its disk are taken away by its provider. */
import * as z from 'zod/mini'
import { settleOne } from '../../../core/one.ts'
import { defineOrder } from '../../../core/order-kind.ts'
import { claimAgain, leaveDesktop } from '../claims.ts'
import { HoldingProvider } from '../contract.ts'
import { DesktopDocs } from '../model.ts'
import { reasonOf } from './desktop-create.ts'

export const desktopDelete = defineOrder({
  kind: 'desktop-delete',
  steps: ['delete'],
  input: z.strictObject({ desktop: z.string(), provider: HoldingProvider }),
  slots: 50,
  timeoutMs: 10 * 60_000,
  lock: ({ desktop }) => `disk:${desktop}`,
  resume: (core, { id, number }, { desktop }) =>
    claimAgain(core, desktop, {
      verb: 'delete',
      order: { id, number, type: 'desktop-delete' },
      runState: 'deleting',
    }),
  async settle(core, order, { desktop }) {
    if (order.willRepeat) return
    if (order.state === 'succeeded') {
      await settleOne(core, DesktopDocs, desktop, (doc) =>
        doc.orders?.some(({ id }) => id === order.id) ? { ...doc, gone: true } : null,
      )
      return
    }
    // Its provider says soon what it really is.
    const now = core.clock.now()
    await leaveDesktop(core, desktop, order.id, () => ({ runState: 'off', trouble: { ...reasonOf(order), at: now } }))
  },
})
