import { expect, it } from 'vitest'
import type { DesktopRow } from '#contract/inventory'
import { acts, whyNot, type Circumstances } from './acts.ts'
import { inHand } from './in-hand.ts'

const desktop = (more: Partial<DesktopRow>): DesktopRow => ({
  id: 'acme:pc-1',
  name: 'PC-1',
  provider: 'qemu',
  runState: 'off',
  unknownSince: null,
  act: null,
  orders: [],
  trouble: null,
  pool: null,
  host: null,
  region: null,
  user: null,
  business: null,
  agentVersion: null,
  patchVersion: null,
  agentSince: null,
  agentConnected: false,
  enrolled: false,
  ...more,
})
const free: Circumstances = { may: () => true, cut: false, busy: false }
const offered = (row: DesktopRow, around = free) => acts.filter((act) => whyNot(row, act, around) === null)
const order = { id: 'acme:WO-1', number: 'WO-1', type: 'snapshot-create' }

it('what is offered follows the state; force only of one that did not listen', () => {
  expect(offered(desktop({}))).toEqual(['power-on', 'snapshot', 'delete'])
  expect(offered(desktop({ runState: 'online' }))).toEqual(['power-off', 'restart', 'snapshot'])
  const trouble = { code: 'guest.ignored-acpi', message: '', at: 1 }
  expect(offered(desktop({ runState: 'online', trouble }))).toContain('force')
})

it('an order names itself as the reason, a desktop that no provider holds has no power acts, and nothing is offered to who may not or is cut off', () => {
  expect(whyNot(desktop({ orders: [order] }), 'power-on', free)).toContain('WO-1')
  expect(offered(desktop({ provider: 'agent', runState: 'offline' }))).toEqual(['delete'])
  expect(offered(desktop({ provider: 'agent', runState: 'online', agentConnected: true }))).toEqual([])
  for (const around of [
    { ...free, cut: true },
    { ...free, busy: true },
    { ...free, may: () => false },
  ])
    expect(offered(desktop({}), around)).toEqual([])
})

it('one line says what is in hand, else what went wrong last', () => {
  const act = { verb: 'restart', forced: false, by: 'Li Na', since: 1_000 } as const
  expect(inHand(desktop({ act, orders: [order] }), 61_000)).toMatchObject({ bad: false })
  expect(inHand(desktop({ act }), 61_000)?.title).toContain('Li Na')
  expect(inHand(desktop({ orders: [order, { ...order, id: 'acme:WO-2' }] }), 0)?.text).toContain('+1')
  expect(inHand(desktop({ trouble: { code: 'odd', message: 'its own words', at: 0 } }), 0)).toMatchObject({
    text: 'its own words',
    bad: true,
  })
  expect(inHand(desktop({}), 0)).toBeNull()
})
