import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeldList } from './held-list.ts'
import { SortedList } from './sorted-list.ts'

interface Item {
  id: string
  rank: number
  on: boolean
}
const compare = (a: Item, b: Item) => a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
const matches = (item: Item) => item.on
const change = fc.tuple(
  fc.integer({ min: 0, max: 30 }).map(String),
  fc.option(fc.record({ rank: fc.integer({ min: 0, max: 5 }), on: fc.boolean() })),
)
const batches = fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 20 })
const toMap = (batch: [string, { rank: number; on: boolean } | null][]) =>
  new Map(batch.map(([id, item]): [string, Item | null] => [id, item && { id, ...item }]))

describe('a sorted list kept change by change', () => {
  it('equals a full sort after any changes', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const list = new SortedList(compare, matches)
        const truth = new Map<string, Item>()
        for (const batch of all.map(toMap)) {
          for (const [id, item] of batch) {
            if (item) truth.set(id, item)
            else truth.delete(id)
          }
          list.apply(batch)
          expect(list.rows).toEqual([...truth.values()].filter(matches).sort(compare))
        }
      }),
    )
  })

  it('takes one change among 10,000 rows without sorting them', () => {
    let compared = 0
    const counting = (a: Item, b: Item) => (compared++, compare(a, b))
    const list = new SortedList(counting, matches)
    list.load(Array.from({ length: 10_000 }, (_, index) => ({ id: String(index), rank: index, on: true })))
    compared = 0
    list.apply(new Map([['5000', { id: '5000', rank: -1, on: true }]]))
    expect(compared).toBeLessThan(40)
    expect(list.rows[0]?.id).toBe('5000')
  })
})

describe('a list under a hand', () => {
  const start = () => {
    const sorted = new SortedList(compare, matches)
    sorted.load(['a', 'b', 'c'].map((id, rank) => ({ id, rank, on: true })))
    const held = new HeldList(sorted)
    held.hold(true)
    const take = (changes: [string, Item | null][]) => {
      const map = new Map(changes)
      sorted.apply(map)
      held.apply(map)
    }
    return { held, take }
  }
  const ids = (list: HeldList<Item>) => list.shown.map((item) => item.id)

  it('moves no row: new ones wait, changed ones stay where they are', () => {
    const { held, take } = start()
    take([
      ['new', { id: 'new', rank: -1, on: true }],
      ['c', { id: 'c', rank: -2, on: true }],
    ])
    expect(ids(held)).toEqual(['a', 'b', 'c'])
    expect(held.shown[2]?.rank).toBe(-2)
    expect([...held.waiting.keys()]).toEqual(['new'])
  })

  it('keeps what left in its place until it is shown anew', () => {
    const { held, take } = start()
    take([
      ['a', null],
      ['b', { id: 'b', rank: 1, on: false }],
    ])
    expect(ids(held)).toEqual(['a', 'b', 'c'])
    expect([...held.left]).toEqual(['a', 'b'])
    held.show()
    expect(ids(held)).toEqual(['c'])
    expect(held.left.size).toBe(0)
  })

  it('lets everything take its place when the hand is gone', () => {
    const { held, take } = start()
    take([['new', { id: 'new', rank: -1, on: true }]])
    held.hold(false)
    expect(ids(held)).toEqual(['new', 'a', 'b', 'c'])
  })

  it('holds nothing back while it is empty', () => {
    const sorted = new SortedList(compare, matches)
    const held = new HeldList(sorted)
    held.hold(true)
    const changes = new Map([['a', { id: 'a', rank: 0, on: true }]])
    sorted.apply(changes)
    held.apply(changes)
    expect(ids(held)).toEqual(['a'])
  })

  it('at rest shows the truth after any changes, holds and releases', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(change, { maxLength: 6 }), fc.boolean()), { maxLength: 20 }), (steps) => {
        const sorted = new SortedList(compare, matches)
        const held = new HeldList(sorted)
        for (const [batch, hold] of steps) {
          held.hold(hold)
          const before = hold && held.shown.length > 0 ? ids(held) : null
          const map = toMap(batch)
          sorted.apply(map)
          held.apply(map)
          if (before) expect(ids(held)).toEqual(before)
          const seen = new Set([...ids(held).filter((id) => !held.left.has(id)), ...held.waiting.keys()])
          expect(seen).toEqual(new Set(sorted.rows.map((item) => item.id)))
        }
        held.hold(false)
        expect(held.shown).toEqual(sorted.rows)
      }),
    )
  })
})
