import { expect, test } from 'vitest'
import { must } from '../../core/must.ts'
import type { PowerVerb } from './contract.ts'
import { newDesktop, type DesktopDoc } from './model.ts'
import { begun, failed, started, stopped } from './power-decide.ts'

const desktop = (more: Partial<DesktopDoc> = {}) => ({ ...newDesktop('acme', 'PC-1', 'qemu', 1), ...more })
const asked = (verb: PowerVerb, force = false) => ({ verb, force, by: 'Ann', command: 'acme:ann:1', now: 10 })
const agent = { connected: true, session: 'n:1', version: '1', patch: null, since: 1 }
const actOf = (doc: DesktopDoc) => must(doc.act, 'something is under way')

test('powering on starts it, and who answers meanwhile is online', () => {
  const doc = begun(desktop(), asked('power-on'))
  expect(doc).toMatchObject({ runState: 'starting', act: { verb: 'power-on', by: 'Ann', since: 10 } })
  expect(started(doc, actOf(doc))).toMatchObject({ runState: 'offline', act: null, trouble: null })
  expect(started({ ...doc, agent }, actOf(doc))?.runState).toBe('online')
})

test('a restart stops, then starts, and its name at the provider stays the same', () => {
  const doc = begun(desktop({ runState: 'online' }), asked('restart'))
  expect(doc.runState).toBe('stopping')
  const between = must(stopped(doc, actOf(doc), 20), 'it stopped')
  expect(between).toMatchObject({ runState: 'starting', act: { op: actOf(doc).op, starting: true } })
  expect(started(between, actOf(between))).toMatchObject({ runState: 'offline', act: null })
  expect(stopped(between, actOf(doc), 30)).toBeNull()
})

test('what does not come about goes back to what it was, with the reason; forced stands in the record', () => {
  const ignored = { code: 'guest.ignored-acpi', message: 'runs on' }
  const off = begun(desktop({ runState: 'online', agent }), asked('power-off'))
  expect(failed(off, actOf(off), ignored, 40)).toMatchObject({
    runState: 'online',
    act: null,
    trouble: { ...ignored, at: 40 },
  })
  const on = begun(desktop(), asked('power-on'))
  expect(failed(on, actOf(on), { code: 'guest.no-boot', message: '' }, 40)?.runState).toBe('off')
  const forced = begun(desktop({ runState: 'offline' }), asked('power-off', true))
  expect(stopped(forced, actOf(forced), 50)).toMatchObject({
    runState: 'off',
    stopped: { at: 50, by: 'Ann', forced: true },
  })
})

test('the end of an act that is over already changes nothing', () => {
  const doc = begun(desktop(), asked('power-on'))
  const over = must(started(doc, actOf(doc)), 'it started')
  expect(started(over, actOf(doc))).toBeNull()
  expect(failed(over, actOf(doc), { code: 'x', message: '' }, 1)).toBeNull()
})
