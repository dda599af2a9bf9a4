/** A self-check of disk work: a small real disk of this installation's own is made, converted, checked and compared. */
import { defineOrder } from '../../../core/order-kind.ts'
import { DiskCheckInput } from '../contract.ts'

export const diskCheck = defineOrder({
  kind: 'disk-check',
  steps: ['make', 'convert', 'check', 'compare'],
  input: DiskCheckInput,
  slots: 100,
  timeoutMs: 30 * 60_000,
  lock: ({ lock }) => (lock === undefined ? null : `disk-check:${lock}`),
})
