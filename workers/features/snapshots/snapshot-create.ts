import { snapshotCreate } from '../../../server/features/snapshots/orders/snapshot-create.ts'
import { codeOf } from '../../../server/fleet/patient.ts'
import { provided, settledPower } from '../../provided.ts'
import { defineWork } from '../../steps.ts'

export default defineWork(snapshotCreate, {
  precheck: async (run) => ({ power: await settledPower(run, run.input.provider, run.input.desktop) }),

  async take(run) {
    const { desktop, provider, ref } = run.input
    const at = run.provider(provider)
    const probed = await at.probe(desktop)
    const virtualBytes = probed.disks?.[0]?.virtualBytes ?? null
    try {
      return { ...(await provided(run, 'take', (long) => at.createSnapshot(desktop, ref, long))), virtualBytes }
    } catch (error) {
      // The name on the disk is this order's alone: it was taken by an earlier attempt, whose answer was lost.
      if (codeOf(error) !== 'provider.exists') throw error
      const taken = (await at.listSnapshots(desktop)).find((one) => one.ref === ref)
      if (!taken) throw error
      run.log(`${ref} stands already, from an earlier attempt`)
      return { ...taken, virtualBytes }
    }
  },
})
