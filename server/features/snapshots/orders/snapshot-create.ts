/** A snapshot is taken of a desktop's disk, then read through once: one that cannot be read is no snapshot. */
import { defineOrder } from '../../../core/order-kind.ts'
import { Consistency } from '../contract.ts'
import { end, limits, OnSnapshot, resume } from './ends.ts'

const kind = 'snapshot-create'

export const snapshotCreate = defineOrder({
  kind,
  steps: ['precheck', 'take'],
  input: OnSnapshot,
  ...limits,
  resume: (core, order, input) => resume(core, order, input, { kind, verb: 'snapshot', during: 'creating' }),
  settle: (core, order, input) =>
    end(core, order, input, {
      during: 'creating',
      done(doc, { outputs }, now) {
        const { consistency, bytes, virtualBytes, at } = outputs['take'] ?? {}
        const said = Consistency.safeParse(consistency)
        return {
          ...doc,
          state: 'available',
          consistency: said.success ? said.data : 'crash-consistent',
          bytes: numberOr(bytes, null),
          virtualBytes: numberOr(virtualBytes, null),
          takenAt: numberOr(at, now),
        }
      },
      undone: () => 'failed',
    }),
})

const numberOr = <T>(value: unknown, other: T) => (typeof value === 'number' ? value : other)
