/** Who is on call in the demo, and who is told when nobody acknowledges. */
import { systemCtx } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { operatorId } from '../../core/tenants.ts'
import type { Rotation } from './contract.ts'
import { PolicyDocs, policyId, ScheduleDocs, scheduleId } from './model.ts'
import { planned } from './roster.ts'

export async function seedDemoOnCall(core: Core, tenant: string): Promise<void> {
  const now = core.clock.now()
  const ctx = systemCtx(core, tenant, 'demo', `${tenant}:demo-on-call`)
  const schedule = scheduleId(tenant, 'demo')
  const members = ['operator', 'operator2'].map((user) => operatorId(tenant, user))
  const anchor = new Date(now).toISOString().slice(0, 10)
  const rotation: Rotation = { every: 'day', weekday: 1, time: '09:00', zone: 'Asia/Shanghai', anchor, members }
  const empty = { _id: schedule, v: 0, tenant, name: '一线值班', rotation, overrides: [], shifts: [] }
  await core.changes.create(ctx, ScheduleDocs, planned(core, empty, now))
  await core.changes.create(systemCtx(core, tenant, 'demo', `${tenant}:demo-escalation`), PolicyDocs, {
    _id: policyId(tenant, 'demo'),
    tenant,
    name: '紧急与高级告警',
    enabled: true,
    severities: ['critical', 'high'],
    levels: [
      { wait: 10 * 60, schedules: [schedule], operators: [], channels: ['push'] },
      { wait: 20 * 60, schedules: [], operators: [operatorId(tenant, 'admin')], channels: ['push'] },
    ],
    repeat: null,
  })
}
