import { expect, test } from 'vitest'
import { runStates } from './contract.ts'
import { afterAgentConnected, afterAgentLost, mayDelete } from './machine.ts'

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
