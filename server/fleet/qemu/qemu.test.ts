import { afterAll } from 'vitest'
import { createLogger } from '../../core/logger.ts'
import { endGuests } from '../../../scripts/launch/guests.mjs'
import { guarded } from '../guarded.ts'
import { fleetRoot } from '../port/offer.ts'
import { providerContract } from '../provider-contract.ts'
import { QemuProvider } from './provider.ts'

const dirs = new Set<string>()
afterAll(async () => {
  for (const dir of dirs) await endGuests(dir)
})

providerContract(async ({ dataDir, rate, limits }) => {
  dirs.add(dataDir)
  const logger = createLogger('silent', 'test')
  const provider = await QemuProvider.open({ root: fleetRoot(dataDir, 'qemu'), dataDir, logger, rate })
  return { provider: guarded(provider, limits), close: async () => provider.leave() }
})
