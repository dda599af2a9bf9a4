/** A snapshot is taken off its disk; the desktop stays as it is. */
import { defineOrder } from '../../../core/order-kind.ts'
import { end, limits, OnSnapshot, resume } from './ends.ts'

const kind = 'snapshot-delete'

export const snapshotDelete = defineOrder({
  kind,
  steps: ['delete'],
  input: OnSnapshot,
  ...limits,
  resume: (core, order, input) => resume(core, order, input, { kind, verb: 'delete-snapshot', during: 'deleting' }),
  settle: (core, order, input) =>
    end(core, order, input, {
      during: 'deleting',
      done: (doc) => ({ ...doc, gone: true }),
      undone: ({ takenAt }) => (takenAt === null ? 'failed' : 'available'),
    }),
})
