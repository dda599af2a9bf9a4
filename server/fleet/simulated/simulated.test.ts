import { expect, test } from 'vitest'
import { memoryCore } from '../../../tests/support/memory-core.ts'
import { seedDemoInventory } from '../../features/inventory/demo.ts'
import { DesktopDocs, inventoryId, UserDocs } from '../../features/inventory/model.ts'
import { must } from '../../core/must.ts'
import { Faults, type Action } from './faults.ts'
import { planFleet, shares } from './plan.ts'

const play = (seed: number, minutes: number) => {
  const hosts = Array.from({ length: 2000 }, (_, n) => `h${n % 80}`)
  const faults = new Faults(hosts, seed)
  const actions: Action[] = []
  for (let second = 0; second < minutes * 60; second++) actions.push(...faults.step(second * 1000))
  return { faults, actions }
}

test('the same seed plays the same faults, another seed others', () => {
  expect(play(7, 5).actions).toEqual(play(7, 5).actions)
  expect(play(8, 5).actions).not.toEqual(play(7, 5).actions)
})

test('2,000 desktops keep a calm rate with severities spread, and every trouble is cleared in the end', () => {
  const { actions, faults } = play(7, 60)
  const reports = actions.flatMap((action) => (action.kind === 'report' ? [action] : []))
  expect(reports.length / 3600).toBeLessThan(5)
  expect(reports.length / 3600).toBeGreaterThan(0.5)
  expect(faults.active).toBeGreaterThan(20)
  const firing = reports.filter(({ status }) => status === 'firing')
  const share = (severity: string) => firing.filter((report) => report.severity === severity).length / firing.length
  expect(share('critical')).toBeGreaterThan(0.02)
  expect(share('critical')).toBeLessThan(0.3)
  expect(share('medium')).toBeGreaterThan(0.15)
  const told = new Set(firing.map(({ desktop }) => desktop))
  const cleared = new Set(reports.filter(({ status }) => status === 'cleared').map(({ desktop }) => desktop))
  const open = [...told].filter((desktop) => !cleared.has(desktop) && !faults.troubleOf(desktop))
  expect(open).toEqual([])
  expect(told.size).toBeLessThan(150)
  expect(actions.some(({ kind }) => kind === 'flap')).toBe(true)
})

test('the plan names every desktop and every person once and places them on hosts of their zone', () => {
  expect(shares(2000)).toEqual([
    { tenant: 'acme', desktops: 1600 },
    { tenant: 'globex', desktops: 400 },
  ])
  for (const { tenant, desktops } of shares(2000)) {
    const plan = planFleet({ tenant, desktops, seed: 7 })
    expect(plan.desktops).toHaveLength(desktops)
    expect(new Set(plan.desktops.map(({ name }) => name)).size).toBe(desktops)
    expect(new Set(plan.desktops.map(({ user }) => user)).size).toBe(desktops)
    const zoneOf = new Map(plan.pools.map(({ name, zone }) => [name, zone]))
    expect(plan.desktops.every(({ pool, host }) => host.startsWith(zoneOf.get(pool) ?? '?'))).toBe(true)
  }
  expect(
    planFleet({ tenant: 'acme', desktops: 1600, seed: 7 }).desktops.some(({ name }) => name === 'ACME-CAD-0112'),
  ).toBe(true)
})

test('the demo inventory is seeded once, and what people changed since stays', async () => {
  const core = memoryCore()
  const ask = { tenant: 'acme', desktops: 40, seed: 7 }
  const first = await seedDemoInventory(core, ask)
  expect(first.written).toBeGreaterThan(80)
  const id = inventoryId('acme', 'ACME-DEV-0001')
  const doc = must(core.views.get(DesktopDocs, id), 'it was seeded')
  expect(doc).toMatchObject({ provider: 'simulated', runState: 'off', business: '研发桌面' })
  await core.changes.write([{ collection: DesktopDocs, base: doc.v, doc: { ...doc, gone: true } }])
  expect(await seedDemoInventory(core, ask)).toEqual({ written: 0 })
  expect(core.views.get(DesktopDocs, id)?.gone).toBe(true)
  expect([...core.views.ofTenant(UserDocs, 'acme')]).toHaveLength(40)
})
