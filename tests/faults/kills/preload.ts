/** Accounts, a sender's token, and alarms that stand already: written before any node runs. */
import { systemCtx } from '../../../server/core/access.ts'
import { seedDemoAccounts } from '../../../server/core/demo-accounts.ts'
import { withHouse } from '../../../server/core/house.ts'
import { must } from '../../../server/core/must.ts'
import { isRefusal } from '../../../server/core/problems.ts'
import { fold } from '../../../server/features/alarms/fold.ts'
import {
  AlarmDocs,
  fingerprint,
  ownId,
  ReportDocs,
  type AlarmDoc,
  type Report,
  type ReportDoc,
} from '../../../server/features/alarms/model.ts'
import { createToken } from '../../../server/features/tenants/service.ts'
import { rooms } from '../../../server/rooms.ts'
import type { Installation } from './installation.ts'

export const password = 'a password for the kill tests'
const atOnce = 1_000

export interface Sender {
  token: string
  /** As it stands in the ids of reports. */
  id: string
}

export async function preload(made: Installation, alarms: number): Promise<Sender> {
  return withHouse(made.config, rooms().all, 'preload', async (core) => {
    await seedDemoAccounts(core, password)
    const ctx = systemCtx(core, 'acme', 'kills', 'acme:kills:token')
    const sender = await createToken(ctx, { name: 'kills', scopes: ['alarms:write'] })
    if (isRefusal(sender)) throw new Error(sender.refused)
    const now = core.clock.now()
    for (let at = 0; at < alarms; at += atOnce) {
      const reports = Array.from({ length: Math.min(atOnce, alarms - at) }, (_, n) => standing(at + n, now))
      const docs = reports.map((report): AlarmDoc => {
        const arrival = { report, fresh: true, batch: 1 }
        return { ...must(fold(fingerprint(report), null, [arrival], 'preload', 1e9), 'a firing report begins'), v: 1 }
      })
      const stored = reports.map(({ id, ...rest }): ReportDoc => ({
        ...rest,
        _id: id,
        v: 1,
        batch: 'preload:1',
        alarm: fingerprint({ ...rest }),
      }))
      await core.db.collection<AlarmDoc>(AlarmDocs.noun).insertMany(docs, { ordered: false })
      await core.db.collection<ReportDoc>(ReportDocs.noun).insertMany(stored, { ordered: false })
    }
    return { token: sender.token, id: sender.doc._id }
  })
}

function standing(n: number, now: number): Report {
  return {
    id: ownId('acme', 'preload', `id ${n}`),
    tenant: 'acme',
    sender: 'preload',
    source: 'api',
    type: 'stutter',
    severity: 'medium',
    status: 'firing',
    desktop: `STANDING-${n}`,
    host: `HOST-${n % 50}`,
    user: `user-${n % 500}`,
    business: 'trading',
    pool: `pool-${n % 20}`,
    region: null,
    summary: 'frames skipped for more than a second',
    readings: { fps: 12, rtt: 80 },
    labels: {},
    runbook: null,
    startsAt: null,
    endsAt: now + 24 * 3600_000,
    receivedAt: now,
  }
}
