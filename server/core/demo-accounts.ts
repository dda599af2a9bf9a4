/** The demo's tenants and people; called by the seed only, never by a server that was not asked for a demo. */
import type { Role } from '#wire'
import { systemCtx } from './access.ts'
import type { Core } from './core.ts'
import { hashPassword } from './passwords.ts'
import { OperatorDocs, operatorId, PLATFORM, TenantDocs, tenantId } from './tenants.ts'

interface DemoPerson {
  user: string
  name: string
  role: Role
}

const people: Record<string, { name: string; operators: DemoPerson[] }> = {
  acme: {
    name: '安科集团 Acme Group',
    operators: [
      { user: 'admin', name: '周航 Zhou Hang', role: 'admin' },
      { user: 'operator', name: '李娜 Li Na', role: 'operator' },
      { user: 'operator2', name: '王磊 Wang Lei', role: 'operator' },
      { user: 'viewer', name: '值班大屏 Wall', role: 'viewer' },
      { user: 'auditor', name: '陈静 Chen Jing', role: 'auditor' },
    ],
  },
  globex: {
    name: '环球实业 Globex',
    operators: [
      { user: 'admin', name: '赵敏 Zhao Min', role: 'admin' },
      { user: 'operator', name: '孙悦 Sun Yue', role: 'operator' },
      { user: 'operator2', name: 'Anna Keller', role: 'operator' },
      { user: 'viewer', name: '值班大屏 Wall', role: 'viewer' },
      { user: 'auditor', name: '吴迪 Wu Di', role: 'auditor' },
    ],
  },
  [PLATFORM]: {
    name: '运营管理平台 Platform',
    operators: [{ user: 'admin', name: '林岚 Lin Lan', role: 'platform-admin' }],
  },
}

/** Idempotent: what exists stays as it is, also a changed password. */
export async function seedDemoAccounts(core: Core, password: string): Promise<void> {
  for (const [code, { name, operators }] of Object.entries(people)) {
    const now = core.clock.now()
    const ctx = systemCtx(core, code, 'demo', `${code}:demo-accounts`)
    if (!core.views.get(TenantDocs, tenantId(code))) {
      const tenant = {
        _id: tenantId(code),
        tenant: code,
        code,
        name,
        requireSecondFactor: false,
        demo: true,
        createdAt: now,
      }
      await core.changes.create(ctx, TenantDocs, tenant)
    }
    await Promise.all(operators.map((person) => seedPerson(core, code, person, password)))
  }
}

async function seedPerson(core: Core, code: string, { user, name, role }: DemoPerson, password: string): Promise<void> {
  const _id = operatorId(code, user)
  if (core.views.get(OperatorDocs, _id)) return
  const now = core.clock.now()
  await core.changes.create(systemCtx(core, code, 'demo', `${code}:demo-accounts:${user}`), OperatorDocs, {
    _id,
    tenant: code,
    username: `${user}@${code}`,
    name,
    role,
    disabled: false,
    passwordHash: await hashPassword(password),
    passwordChangedAt: now,
    totp: null,
    totpPending: null,
    recovery: [],
    language: null,
    theme: 'system',
    density: 'normal',
    createdAt: now,
  })
}
