/** A desktop is made by its provider: the disk is copied from the image. */
import * as z from 'zod/mini'
import { settleOne } from '../../../core/one.ts'
import { defineOrder, type Reason } from '../../../core/order-kind.ts'
import { leaveDesktop } from '../claims.ts'
import { DesktopMake, HoldingProvider } from '../contract.ts'
import { DesktopDocs, type DesktopDoc } from '../model.ts'
import { running } from '../power-decide.ts'

export const desktopCreate = defineOrder({
  kind: 'desktop-create',
  steps: ['create'],
  input: z.strictObject({ desktop: z.string(), name: z.string(), provider: HoldingProvider, make: DesktopMake }),
  slots: 50,
  timeoutMs: 70 * 60_000,
  lock: ({ desktop }) => `disk:${desktop}`,
  async resume(core, { id, number }, { desktop }): Promise<Reason | null> {
    let reason: Reason | null = { code: 'subject.gone', message: 'the desktop was deleted meanwhile' }
    await settleOne(core, DesktopDocs, desktop, (doc): DesktopDoc | null => {
      reason = null
      if (doc.runState === 'creating') return null
      if (doc.runState === 'error' && !doc.orders?.length)
        return { ...doc, runState: 'creating', trouble: null, orders: [{ id, number, type: 'desktop-create' }] }
      reason = { code: 'subject.taken', message: `the desktop is ${doc.runState}` }
      return null
    })
    return reason
  },
  async settle(core, order, { desktop }) {
    if (order.willRepeat) return
    const now = core.clock.now()
    await leaveDesktop(core, desktop, order.id, (doc) => {
      if (order.state !== 'succeeded') return { runState: 'error', trouble: { ...reasonOf(order), at: now } }
      const { host, power } = order.outputs['create'] ?? {}
      return {
        runState: power === 'running' || doc.agent?.connected ? running(doc) : 'off',
        host: typeof host === 'string' ? host : doc.host,
        trouble: null,
      }
    })
  },
})

/** What the row says of an order that did not come to its end. */
export const reasonOf = ({ error }: { error: { code: string; message: string } | null }) => ({
  code: error?.code ?? 'cancelled',
  message: (error?.message ?? 'the order was cancelled').slice(0, 500),
})
