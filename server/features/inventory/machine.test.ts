import { expect, test } from 'vitest'
import { orderFaults } from '../work-orders/contract.ts'
import { providerErrorCodes } from '../../fleet/provider.ts'
import { runStates, type RunState } from './contract.ts'
import {
  afterAgentConnected,
  afterAgentLost,
  allowedStates,
  desktopVerbs,
  faultTexts,
  mayDelete,
  mostOrders,
  whyNot,
} from './machine.ts'

test('an agent that answers proves its desktop runs, except one being taken down', () => {
  for (const state of runStates) {
    const down = state === 'stopping' || state === 'deleting'
    expect(afterAgentConnected(state)).toBe(down ? state : 'online')
  }
})

test('an agent that left says nobody is connected, or that a stopping desktop is off', () => {
  expect(afterAgentLost('online')).toBe('offline')
  expect(afterAgentLost('stopping')).toBe('off')
  for (const state of ['creating', 'off', 'starting', 'error', 'deleting'] as const)
    expect(afterAgentLost(state)).toBe(state)
})

test('only desktops at rest may be deleted', () => {
  expect(runStates.filter(mayDelete)).toEqual(['off', 'offline', 'error'])
})

const at = (runState: RunState, more: Partial<Parameters<typeof whyNot>[0]> = {}) => ({
  provider: 'qemu' as const,
  runState,
  act: null,
  orders: [],
  trouble: null,
  unknownSince: null,
  ...more,
})

test('each act on a desktop is possible in its states only, and a refusal names them', () => {
  for (const verb of desktopVerbs) {
    const allowed = allowedStates[verb]
    for (const state of runStates) {
      const refusal = whyNot(at(state), verb)
      if (allowed.includes(state)) expect(refusal, `${verb} × ${state}`).toBeNull()
      else
        expect(refusal, `${verb} × ${state}`).toMatchObject({
          code: 'desktop.state',
          params: { state, allowed: [...allowed] },
        })
    }
  }
  expect(whyNot(at('starting'), 'snapshot')?.params['allowedNames']).toEqual({
    'zh-CN': '离线运行、在线运行、关机',
    en: 'offline, online, off',
  })
})

test('what is under way, a work order, a silent provider and a desktop of no provider each stand in the way', () => {
  const act = { verb: 'restart', forced: false, by: 'Ann', since: 1 } as const
  const order = (type: string) => ({ id: 'acme:WO-1', number: 'WO-1', type })
  expect(whyNot(at('online', { act }), 'power-off')?.code).toBe('desktop.state')
  expect(whyNot(at('off', { orders: [order('snapshot-create')] }), 'power-on')).toEqual({
    code: 'desktop.busy',
    params: { order: 'acme:WO-1', number: 'WO-1' },
  })
  expect(whyNot(at('off', { orders: [order('snapshot-create')] }), 'snapshot')).toBeNull()
  expect(whyNot(at('off', { orders: [order('snapshot-restore')] }), 'snapshot')?.code).toBe('desktop.busy')
  const many = Array.from({ length: mostOrders }, () => order('snapshot-create'))
  expect(whyNot(at('off', { orders: many }), 'snapshot')?.code).toBe('desktop.busy')
  expect(whyNot(at('off', { unknownSince: 1 }), 'power-on')?.code).toBe('provider.unavailable')
  expect(whyNot(at('off', { provider: 'agent' }), 'power-on')?.code).toBe('provider.not-offered')
})

test('force is for a desktop that was asked to power off and did not listen', () => {
  expect(whyNot(at('offline'), 'power-off', { force: true })?.code).toBe('desktop.not-asked')
  const trouble = { code: 'guest.ignored-acpi', message: '', at: 1 }
  expect(whyNot(at('offline', { trouble }), 'power-off', { force: true })).toBeNull()
})

test('every code that a provider or a work order can end with has its text in both languages, and there are no others', () => {
  const codes = [...providerErrorCodes, ...orderFaults]
  expect(Object.keys(faultTexts).toSorted()).toEqual(codes.toSorted())
  for (const code of codes) {
    expect(faultTexts[code]?.['zh-CN'], code).toBeTruthy()
    expect(faultTexts[code]?.en, code).toBeTruthy()
  }
})
