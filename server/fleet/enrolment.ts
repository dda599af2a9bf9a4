/** What lets a fleet process sign its desktops in: the tenants' enrolment tokens of the demo, and a secret of its own. */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import * as z from 'zod/mini'

const Tokens = z.record(z.string(), z.string())

export interface Enrolment {
  /** The token of a tenant, empty where it has none. */
  of: (tenant: string) => string
  /** Made anew together with the database: take them when they change. */
  readAgain: () => void
  /** Secrets of all desktops derive from it: nothing else need be kept. */
  secret: string
}

/** The tokens are written by the demo's seed; this process may be there first. */
export async function openEnrolment(dataDir: string, logger: Pick<Logger, 'info'>): Promise<Enrolment> {
  const file = join(dataDir, 'fleet-token')
  for (let waited = 0; !existsSync(file); waited++) {
    if (waited % 60 === 0) logger.info({ file }, 'waiting for the enrolment tokens of the demo')
    await wait(500)
  }
  const read = () => Tokens.parse(JSON.parse(readFileSync(file, 'utf8')))
  let tokens = read()
  return {
    of: (tenant) => tokens[tenant] ?? '',
    readAgain() {
      if (existsSync(file)) tokens = read()
    },
    secret: secretIn(join(dataDir, 'fleet-secret')),
  }
}

/** Made once, whole before it has its name: two fleet processes may start at once. */
function secretIn(file: string): string {
  const made = `${file}.${process.pid}`
  if (!existsSync(file)) {
    writeFileSync(made, randomBytes(32).toString('base64'), { mode: 0o600 })
    try {
      linkSync(made, file)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    } finally {
      rmSync(made)
    }
  }
  return readFileSync(file, 'utf8')
}
