import { expect, test } from 'vitest'
import { orderStates, orderVerbs, type OrderState, type OrderVerb } from './contract.ts'
import { after, may, type OrderEvent } from './machine.ts'

/** The table of the product, written out once more: state by act. */
const acts: Record<OrderState, Partial<Record<OrderVerb, OrderState>>> = {
  scheduled: { pause: 'paused', cancel: 'cancelled' },
  paused: { resume: 'scheduled', cancel: 'cancelled' },
  running: { cancel: 'cancelled' },
  succeeded: {},
  failed: { 're-execute': 'scheduled' },
  cancelled: {},
}

for (const state of orderStates) {
  for (const verb of orderVerbs) {
    const to = acts[state][verb] ?? null
    test(`a ${state} order ${to ? `becomes ${to} on` : 'refuses'} ${verb}`, () => {
      expect(after(state, verb)).toBe(to)
      expect(may(state, verb)).toBe(to !== null)
    })
  }
}

test('only a scheduled order can be taken, and only a running one ends', () => {
  const from = (event: OrderEvent) => orderStates.filter((state) => after(state, event) !== null)
  expect(from('take')).toEqual(['scheduled'])
  for (const event of ['succeed', 'fail', 'give-back'] as const) expect(from(event)).toEqual(['running'])
  expect(after('running', 'succeed')).toBe('succeeded')
  expect(after('running', 'fail')).toBe('failed')
})
