import { desktopDelete } from '../../../server/features/inventory/orders/desktop-delete.ts'
import { codeOf } from '../../../server/fleet/patient.ts'
import { provided, quickQuietMs } from '../../provided.ts'
import { defineWork } from '../../steps.ts'

export default defineWork(desktopDelete, {
  delete: {
    quietMs: quickQuietMs,
    inputs: async () => '',
    async act(run) {
      const { desktop, provider } = run.input
      try {
        await provided(run, 'delete', (long) => run.provider(provider).delete(desktop, long))
      } catch (error) {
        if (codeOf(error) !== 'provider.unknown-desktop') throw error
        run.log(`${desktop} is not there any more`)
      }
      return {}
    },
  },
})
