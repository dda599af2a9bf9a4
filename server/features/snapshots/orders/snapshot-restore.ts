/** A powered-off desktop goes back to what its disk was; what was written since is gone. */
import { defineOrder } from '../../../core/order-kind.ts'
import { end, limits, OnSnapshot, resume } from './ends.ts'
import * as z from 'zod/mini'

const kind = 'snapshot-restore'

export const snapshotRestore = defineOrder({
  kind,
  steps: ['precheck', 'restore', 'check'],
  input: z.extend(OnSnapshot, { by: z.string() }),
  ...limits,
  resume: (core, order, input) => resume(core, order, input, { kind, verb: 'restore', during: 'restoring' }),
  settle: (core, order, input) =>
    end(core, order, input, {
      during: 'restoring',
      done: (doc, _order, now) => ({ ...doc, state: 'available', restored: { at: now, by: input.by } }),
      undone: () => 'available',
    }),
})
