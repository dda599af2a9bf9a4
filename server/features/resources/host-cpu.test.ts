import { expect, test } from 'vitest'
import { memoryCore } from '../../../tests/support/memory-core.ts'
import { hostFigures } from './contract.ts'
import { HostCpus } from './host-cpu.ts'
import { Rings } from './rings.ts'

let now = 1_000_000

test('the latest figure of each host is told, an old or unknown one is not, and nothing is left at the end', () => {
  const clock = { now: () => now, monotonic: () => now }
  const core = memoryCore({ clock, incarnation: 'node-one-of-two' })
  const rings = new Rings(hostFigures.length, 1_000_000)
  const cpus = new HostCpus(core, rings)
  const put = (id: string, cpu: number | null) =>
    rings.put(id, { at: now, values: hostFigures.map((figure) => (figure === 'cpu' ? cpu : 7)) }, now)
  put('acme:old', 50)
  now += 61_000
  put('acme:h-1', 93.6)
  put('acme:h-2', null)
  put('globex:h-1', 4)
  cpus.tell()
  expect(core.told).toEqual([
    { tenant: 'acme', view: 'hosts', key: 'cpu:node-one', value: { at: now, of: { 'h-1': 94 } } },
    { tenant: 'globex', view: 'hosts', key: 'cpu:node-one', value: { at: now, of: { 'h-1': 4 } } },
  ])
  now += 61_000
  cpus.tell()
  expect(core.told.slice(2).map(({ value }) => value)).toEqual([null, null])
})
