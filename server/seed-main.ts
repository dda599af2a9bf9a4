/** Seeds the demo: tenants, accounts, inventory, the fleet's enrolment tokens. Safe to repeat. Only where DEMO=1. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemCtx } from './core/access.ts'
import { readConfig } from './core/config.ts'
import { seedDemoAccounts } from './core/demo-accounts.ts'
import { withHouse } from './core/house.ts'
import { must } from './core/must.ts'
import { isRefusal } from './core/problems.ts'
import { seedDemoAlarms } from './features/alarms/demo.ts'
import { seedDemoOnCall } from './features/on-call/demo.ts'
import { seedDemoWindow } from './features/maintenance-windows/demo.ts'
import { createToken } from './features/tenants/service.ts'
import { seedDemoInventory, seedQemuDesktops } from './features/inventory/demo.ts'
import { shares } from './fleet/simulated/plan.ts'
import { Random } from './fleet/simulated/random.ts'
import { rooms } from './rooms.ts'

const config = readConfig(process.env)
if (config.DEMO !== '1')
  throw new Error('The demo is only seeded where DEMO=1: npm start asks for it, production never does')
const { values } = parseArgs({
  options: {
    desktops: { type: 'string', default: '200' },
    /** Standing alarms of the first tenant beside what the fleet reports. */
    alarms: { type: 'string', default: '0' },
    /** Real desktops of the qemu provider. */
    qemu: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
})
const desktops = Number(values.desktops)
const tokenFile = join(config.DATA_DIR, 'fleet-token')

await withHouse(config, rooms().all, 'seed', async (core) => {
  await seedDemoAccounts(core, must(config.DEMO_PASSWORD, 'DEMO_PASSWORD is set beside DEMO'))
  const tokens: Record<string, string> = {}
  for (const { tenant, desktops: share } of shares(desktops)) {
    await seedDemoInventory(core, { tenant, desktops: share, seed: Number(values.seed) })
    if (existsSync(tokenFile)) continue
    const ctx = systemCtx(core, tenant, 'demo', `${tenant}:demo:fleet-token:${core.clock.now()}`)
    const made = await createToken(ctx, {
      name: 'demo fleet',
      scopes: ['inventory:enrol', 'samples:write'],
      expiresInDays: undefined,
    })
    if (isRefusal(made)) throw new Error(`no token for the fleet of ${tenant}: ${made.refused}`)
    tokens[tenant] = made.token
  }
  const [first] = shares(desktops)
  if (first) {
    const random = new Random(Number(values.seed))
    // At the first start only: what people delete of it stays away.
    if (!existsSync(tokenFile)) {
      await seedDemoOnCall(core, first.tenant)
      await seedDemoWindow(core, first.tenant)
    }
    await seedDemoAlarms(core, { tenant: first.tenant, alarms: Number(values.alarms), random })
  }
  await seedQemuDesktops(core, Number(values.qemu))
  if (!existsSync(tokenFile)) await writeFile(tokenFile, JSON.stringify(tokens), { mode: 0o600 })
})
