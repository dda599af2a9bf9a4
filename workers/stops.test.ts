import { expect, test } from 'vitest'
import { ProviderError } from '../server/fleet/provider.ts'
import { StepError } from './steps.ts'
import { endedBy, Stopped } from './stops.ts'

const going = new AbortController().signal

test('an order ends with a code that people are told in words; what nobody foresaw is a fault with its own message', () => {
  expect(endedBy(new ProviderError('disk.locked', 'held'), going)).toEqual({ code: 'disk.locked', message: 'held' })
  expect(endedBy(new StepError('child.failed', 'it ended with 1'), going).code).toBe('child.failed')
  expect(endedBy(Object.assign(new Error('write'), { code: 'ENOSPC' }), going).code).toBe('disk.no-space')
  const unforeseen = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' })
  expect(endedBy(unforeseen, going)).toEqual({ code: 'fault', message: 'ENOENT: no such file' })
  expect(endedBy('thrown', going)).toEqual({ code: 'fault', message: 'it failed without a word' })
})

test('who was told to stop ended because of that, whatever it says itself', () => {
  const told = new AbortController()
  told.abort(new Stopped('timeout'))
  expect(endedBy(new Error('the pipe broke'), told.signal).code).toBe('timeout')
})
