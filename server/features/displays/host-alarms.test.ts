import { beforeEach, expect, test } from 'vitest'
import { memoryCore, type MemoryCore } from '../../../tests/support/memory-core.ts'
import { AlarmDocs, type AlarmDoc } from '../alarms/service.ts'
import { HostAlarms } from './host-alarms.ts'

let core: MemoryCore
let hosts: HostAlarms
let v = 0

beforeEach(() => {
  core = memoryCore()
  hosts = new HostAlarms(core)
})

const put = (id: string, fields: Partial<AlarmDoc>) => {
  const doc = { _id: `acme:${id}`, tenant: 'acme', v: ++v, severity: 'high', state: 'unacknowledged', host: 'h-1' }
  // Of an alarm the fields that are counted.
  core.views.take(AlarmDocs, { ...doc, ...fields })
}

test('hosts stand by their worst alarm, then by how many they have', () => {
  put('1', {})
  put('2', { host: 'h-2', severity: 'critical' })
  put('3', { host: 'h-3' })
  put('4', { host: 'h-3', severity: 'low' })
  put('5', { host: null })
  expect(hosts.of('acme')).toEqual([
    ['h-2', 'critical', 1],
    ['h-3', 'high', 2],
    ['h-1', 'high', 1],
  ])
  expect(hosts.of('globex')).toEqual([])
})

test('an alarm that worsens, moves, is shelved or ends is counted where it is now', () => {
  put('1', { severity: 'low' })
  put('1', { severity: 'critical' })
  expect(hosts.of('acme')).toEqual([['h-1', 'critical', 1]])
  put('1', { host: 'h-9' })
  expect(hosts.of('acme')).toEqual([['h-9', 'high', 1]])
  put('1', { state: 'shelved' })
  expect(hosts.of('acme')).toEqual([])
  put('1', { state: 'acknowledged' })
  put('1', { gone: true })
  expect(hosts.of('acme')).toEqual([])
})

test('tenants hear of it when it changed, and all of them now and then', () => {
  hosts.tell()
  put('1', {})
  hosts.tell()
  hosts.tell()
  expect(core.told).toEqual([{ tenant: 'acme', view: 'hosts', key: 'alarms', value: [['h-1', 'high', 1]] }])
})
