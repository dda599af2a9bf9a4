import { snapshotRestore } from '../../../server/features/snapshots/orders/snapshot-restore.ts'
import { provided, quickQuietMs, settledPower } from '../../provided.ts'
import { defineWork, StepError } from '../../steps.ts'

export default defineWork(snapshotRestore, {
  async precheck(run) {
    const power = await settledPower(run, run.input.provider, run.input.desktop)
    if (power !== 'off') throw new StepError('provider.state', 'the desktop runs: it must be off')
    return { power }
  },

  /** The same once more is harmless: the disk is put to the same moment. */
  restore: {
    quietMs: quickQuietMs,
    inputs: async () => '',
    async act(run) {
      const { desktop, provider, ref } = run.input
      await provided(run, 'restore', (long) => run.provider(provider).restoreSnapshot(desktop, ref, long))
      return {}
    },
  },

  check: {
    quietMs: quickQuietMs,
    inputs: async () => '',
    async act(run) {
      const { desktop, provider } = run.input
      const verdict = await provided(run, 'check', (long) => run.provider(provider).checkDisk(desktop, long))
      run.log(`corruptions ${verdict.corruptions}, leaks ${verdict.leaks}, errors ${verdict.checkErrors}`)
      if (!verdict.ok) throw new StepError('disk.corrupt', `the disk has ${verdict.corruptions} corruptions`)
      if (verdict.leaks > 0) run.warn(`${verdict.leaks} leaked clusters`)
      return { ...verdict }
    },
  },
})
