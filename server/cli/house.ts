/** The house without doors, for commands of the installation: accounts, audit and the one write path. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCtx } from '../core/access.ts'
import { readConfig } from '../core/config.ts'
import type { Core } from '../core/core.ts'
import type { Ctx } from '../core/feature.ts'
import { openHouse, untilReady } from '../core/house.ts'
import { tenants } from '../features/tenants/feature.ts'

export interface House {
  core: Core
  /** A context of the command line, in that tenant. */
  as: (tenant: string) => Ctx
  /** Returns when running servers can hear of what was written. */
  close: () => Promise<void>
}

export async function openAccounts(env: Record<string, string | undefined>): Promise<House> {
  const config = readConfig({ LOG_LEVEL: 'warn', ...(await withRunning(env)) })
  const { core, reload, close } = await openHouse(config, [tenants], 'cli')
  await untilReady(core)
  await reload()
  return { core, close, as: (tenant) => systemCtx(core, tenant, 'command line', `${tenant}:cli:${randomUUID()}`) }
}

/** Addresses of the stores that a launcher on this data folder started, under what the environment names itself. */
async function withRunning(env: Record<string, string | undefined>): Promise<Record<string, string | undefined>> {
  const file = join(env['DATA_DIR'] ?? './data', 'run/env.json')
  try {
    const running: unknown = JSON.parse(await readFile(file, 'utf8'))
    return typeof running === 'object' && running !== null ? { ...running, ...env } : env
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return env
    throw error
  }
}
