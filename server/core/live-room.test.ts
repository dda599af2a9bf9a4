import * as z from 'zod/mini'
import { expect, test } from 'vitest'
import { defineView } from '#wire'
import type { AnyView, Collection, Doc } from './feature.ts'
import { LiveRoom, roomName, roomsOf } from './live-room.ts'
import { Views } from './views.ts'

interface Letter extends Doc {
  to: string
}
const Letters: Collection<Letter> = { noun: 'letters', hot: true }
const view = (addressed: boolean): AnyView => ({
  collection: Letters,
  contract: defineView<{ id: string }, unknown>({
    name: 'letters',
    permission: 'alarms:read',
    filter: z.unknown(),
    matches: () => true,
    orders: { id: (a, b) => (a.id < b.id ? -1 : 1) },
    defaultOrder: 'id',
    counters: (rows) => ({ total: [...rows].length }),
  }),
  present: ({ _id }: Letter) => ({ id: _id }),
  ...(addressed && { audience: ({ to }: Letter) => to }),
})
const letter = (n: number, to: string): Letter => ({ _id: `acme:${n}`, v: 1, tenant: 'acme', to })

test('S10 a document of an addressed view is in the room of its one operator and in no other', () => {
  const addressed = view(true)
  expect(roomsOf(addressed, letter(1, 'acme:operator:li.na')).map(roomName)).toEqual([
    'acme|letters|acme:operator:li.na',
  ])
  expect(roomsOf(view(false), letter(1, 'acme:operator:li.na')).map(roomName)).toEqual([
    'acme|letters|full',
    'acme|letters|masked',
  ])
  const views = new Views()
  const [mine, other] = ['acme:operator:li.na', 'acme:operator:wang.lei'].map(
    (operator) =>
      new LiveRoom({ tenant: 'acme', view: addressed, masked: false, operator }, views, { e: 1, s: 0 }, () => 0),
  )
  views.take(Letters, letter(1, 'acme:operator:li.na'))
  views.take(Letters, letter(2, 'acme:operator:wang.lei'))
  expect([...(mine?.rows.keys() ?? [])]).toEqual(['acme:1'])
  expect([...(other?.rows.keys() ?? [])]).toEqual(['acme:2'])
})
