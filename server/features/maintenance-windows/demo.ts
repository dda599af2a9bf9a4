/** A recurring window of the demo. */
import { systemCtx } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { WindowInput } from './contract.ts'
import { WindowDocs, windowId } from './model.ts'
import { occurrences } from './occurrences.ts'

export async function seedDemoWindow(core: Core, tenant: string): Promise<void> {
  const { name, ...said } = WindowInput.parse({
    name: '每周补丁',
    note: '培训教室在周日凌晨统一重启',
    scope: { pools: ['培训教室池'] },
    schedule: { kind: 'recurring', cron: '0 2 * * 0', timeZone: 'Asia/Shanghai', minutes: 120 },
    effect: 'out-of-service',
  })
  const _id = windowId(tenant, name)
  const ctx = systemCtx(core, tenant, 'demo', `${tenant}:demo-window`)
  const upcoming = occurrences(said.schedule, ctx.now)
  const doc = { _id, tenant, name, ...said, upcoming, by: ctx.actor.name, changedAt: ctx.now }
  await core.changes.create(ctx, WindowDocs, doc)
}
