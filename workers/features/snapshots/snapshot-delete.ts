import { snapshotDelete } from '../../../server/features/snapshots/orders/snapshot-delete.ts'
import { codeOf } from '../../../server/fleet/patient.ts'
import { provided, quickQuietMs } from '../../provided.ts'
import { defineWork } from '../../steps.ts'

export default defineWork(snapshotDelete, {
  delete: {
    quietMs: quickQuietMs,
    inputs: async () => '',
    async act(run) {
      const { desktop, provider, ref } = run.input
      try {
        await provided(run, 'delete', (long) => run.provider(provider).deleteSnapshot(desktop, ref, long))
      } catch (error) {
        const code = codeOf(error)
        if (code !== 'provider.unknown-snapshot' && code !== 'provider.unknown-desktop') throw error
        run.log(`${ref} is not there any more`)
      }
      return {}
    },
  },
})
