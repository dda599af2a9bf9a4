import { expect, test } from 'vitest'
import { snapshotStates } from './contract.ts'
import { snapshotStateNames, snapshotVerbs, whyNot } from './machine.ts'

const image = { noun: 'images', id: 'acme:i', name: 'i' }

test('a snapshot is restored and made into an image when available, deleted when available or failed', () => {
  const table = Object.fromEntries(
    snapshotStates.map((state) => [
      state,
      snapshotVerbs.filter((verb) => whyNot({ state, images: [] }, verb) === null),
    ]),
  )
  expect(table).toEqual({
    creating: [],
    available: ['restore', 'delete', 'make-image'],
    failed: ['delete'],
    restoring: [],
    deleting: [],
  })
  expect(whyNot({ state: 'creating', images: [] }, 'delete')).toEqual({
    code: 'snapshot.state',
    params: { state: 'creating', stateName: snapshotStateNames.creating },
  })
})

test('while an image was or is being made from it, it is not deleted, and the refusal says which', () => {
  const held = { state: 'available' as const, images: [image] }
  expect(whyNot(held, 'delete')).toEqual({ code: 'snapshot.has-image', params: { images: [image] } })
  expect(whyNot(held, 'restore')).toBeNull()
  expect(whyNot(held, 'make-image')).toBeNull()
})
