import { expect, test } from 'vitest'
import { newDesktop, type DesktopDoc } from './model.ts'
import { needsConfirming, reconciled, silenced } from './truth.ts'

const at = (more: Partial<DesktopDoc>) => ({ ...newDesktop('acme', 'PC-1', 'qemu', 1), ...more })
const agent = { connected: true, session: 'n:1', version: '1', patch: null, since: 1 }

test('a machine that is off is off, whatever we thought; one that runs is online when its agent answers', () => {
  for (const runState of ['online', 'offline', 'starting', 'stopping', 'error'] as const)
    expect(reconciled(at({ runState }), 'off', 5)?.runState).toBe('off')
  expect(reconciled(at({ runState: 'off' }), 'running', 5)?.runState).toBe('offline')
  expect(reconciled(at({ runState: 'off', agent }), 'running', 5)?.runState).toBe('online')
  expect(reconciled(at({ runState: 'online' }), 'running', 5)).toBeNull()
  expect(reconciled(at({ runState: 'off' }), 'starting', 5)?.runState).toBe('starting')
})

test('what is under way is left to its end', () => {
  const act = { verb: 'power-on', forced: false, op: 'x', starting: true, by: 'Ann', since: 1 } as const
  expect(reconciled(at({ runState: 'starting', act }), 'off', 5)).toBeNull()
  for (const runState of ['creating', 'deleting'] as const)
    expect(reconciled(at({ runState }), 'missing', 5)).toBeNull()
})

test('one that its provider does not know is in error and says so, until it is found', () => {
  const lost = reconciled(at({ runState: 'off' }), 'missing', 5)
  expect(lost).toMatchObject({ runState: 'error', trouble: { code: 'provider.unknown-desktop', at: 5 } })
  expect(lost && reconciled(lost, 'missing', 9)).toBeNull()
  expect(lost && reconciled(lost, 'off', 9)).toMatchObject({ runState: 'off', trouble: null })
})

test('what an act said stays until the next, but a guest that did not listen and is off has been seen to', () => {
  const trouble = { code: 'guest.no-boot', message: '', at: 1 }
  expect(reconciled(at({ runState: 'off', trouble }), 'off', 5)).toBeNull()
  const deaf = { ...trouble, code: 'guest.ignored-acpi' }
  expect(reconciled(at({ runState: 'offline', trouble: deaf }), 'off', 5)).toMatchObject({ trouble: null })
})

test('a silent provider leaves nobody to tell, but the agent of a desktop; when it answers again, that is over', () => {
  const unknown = silenced(at({ runState: 'offline' }), 7)
  expect(unknown).toMatchObject({ runState: 'offline', unknownSince: 7 })
  expect(unknown && silenced(unknown, 9)).toBeNull()
  expect(silenced(at({ runState: 'online', agent }), 7)).toBeNull()
  expect(unknown && reconciled(unknown, 'running', 9)).toMatchObject({ runState: 'offline', unknownSince: null })
})

test('that a machine runs or is missing is believed at the second look, that it is off at once', () => {
  expect(needsConfirming(at({ runState: 'off' }), 'running')).toBe(true)
  expect(needsConfirming(at({ runState: 'offline' }), 'running')).toBe(false)
  expect(needsConfirming(at({ runState: 'off' }), 'missing')).toBe(true)
  expect(needsConfirming(at({ runState: 'online' }), 'off')).toBe(false)
})
