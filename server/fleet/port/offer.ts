/** Where a provider of this installation keeps its things, and its door opened there. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { guarded } from '../guarded.ts'
import type { DesktopProvider, ProviderName } from '../provider.ts'
import { serveProvider, type Door } from './serve.ts'
import { socketOf } from './wire.ts'

/** Desktops of a provider lie here; `dataDir` is absolute. */
export const fleetRoot = (dataDir: string, name: ProviderName) => join(dataDir, 'fleet', name)

export async function offer(provider: DesktopProvider, dataDir: string, logger: Logger): Promise<Door> {
  for (const part of ['run', 'fleet']) mkdirSync(join(dataDir, part), { recursive: true, mode: 0o750 })
  return serveProvider(guarded(provider), {
    socketPath: socketOf(dataDir, provider.name),
    actsPath: join(dataDir, 'fleet', `${provider.name}-acts.ndjson`),
    logger,
  })
}
