import { expect, it } from 'vitest'
import type { PoolRow } from '#contract/inventory'
import { read, untouched } from './new-desktops.ts'

const pool = (provider: PoolRow['provider']): PoolRow => ({
  id: 'acme:r-d',
  name: 'R-D',
  description: '',
  region: 'south',
  business: 'Research',
  licensed: true,
  network: null,
  policy: null,
  provider,
})

it('what is typed becomes what the server takes; the provider is left to a pool that says it', () => {
  const typed = { ...untouched(), name: ' PC ', count: '3', pool: 'R-D' }
  expect(read(typed, pool('qemu'))).toEqual({
    input: {
      name: 'PC',
      count: 3,
      pool: 'R-D',
      image: 'guest',
      vcpus: 1,
      memoryMiB: 16,
      diskGiB: 0,
      network: null,
      policy: null,
    },
  })
})

it('each field that is wrong says what would be right, an empty number and a missing provider too', () => {
  const typed = { ...untouched(), name: '-x', count: '', memoryMiB: '7', image: 'Guest' }
  const { errors } = { errors: {}, ...read(typed, undefined) }
  expect(Object.keys(errors).sort()).toEqual(['count', 'image', 'memoryMiB', 'name', 'provider'])
  expect(read({ ...untouched(), name: 'PC', pool: 'R-D' }, pool(null))).toHaveProperty('errors.provider')
  expect(read({ ...untouched(), name: 'PC', provider: 'simulated' }, undefined)).toHaveProperty(
    'input.provider',
    'simulated',
  )
})
