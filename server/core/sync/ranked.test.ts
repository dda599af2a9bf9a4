import { expect, test } from 'vitest'
import { Random } from '../../fleet/simulated/random.ts'
import type { Row } from '../wire.ts'
import { PinnedWindow } from './pinned-window.ts'
import { Ranked } from './ranked.ts'

interface Thing {
  id: string
  rank: number
  open: boolean
}

const isThing = (row: object): row is Thing => 'rank' in row
const compare = (a: object, b: object) =>
  isThing(a) && isThing(b) ? a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : 0
const matches = (row: object) => isThing(row) && row.open

class Room {
  readonly rows = new Map<string, Row<object>>()
  readonly ranked: Ranked
  #v = 0

  constructor(things: Thing[]) {
    for (const thing of things) this.rows.set(thing.id, [thing.id, ++this.#v, thing])
    this.ranked = new Ranked('r', { matches, compare }, () => this.rows)
  }

  put(thing: Thing): void {
    this.ranked.changed(thing.id, this.rows.get(thing.id) ?? null)
    this.rows.set(thing.id, [thing.id, ++this.#v, thing])
  }

  drop(id: string): void {
    this.ranked.changed(id, this.rows.get(id) ?? null)
    this.rows.delete(id)
  }

  truth(): string[] {
    return [...this.rows.values()]
      .flatMap(([, , row]) => (row && matches(row) ? [row] : []))
      .sort(compare)
      .flatMap((row) => (isThing(row) ? [row.id] : []))
  }
}

const ids = (rows: Iterable<Row<object>>) => Array.from(rows, ([id]) => id)
const without = (all: string[], others: string[]) => {
  const out = new Set(others)
  return new Set(all.filter((id) => !out.has(id)))
}
const thing = (n: number, random: Random): Thing => {
  return { id: `t${n}`, rank: random.whole(0, 49), open: random.chance(0.7) }
}

test('an order kept change by change is the order of a sort, and a pin tells exactly who came and who left since', () => {
  const seed = Date.now() % 100_000
  const random = new Random(seed)
  for (let round = 0; round < 12; round++) {
    const count = [0, 40, 1_500][round % 3] ?? 0
    const room = new Room(Array.from({ length: count }, (_, n) => thing(n, random)))
    const pin = room.ranked.pin()
    const pinned = room.truth()
    for (let step = 0; step < 60; step++) {
      for (let n = random.whole(0, random.chance(0.05) ? 500 : 20); n > 0; n--) {
        const at = random.whole(0, count + 29)
        if (random.chance(0.3)) room.drop(`t${at}`)
        else room.put(thing(at, random))
      }
      const truth = room.truth()
      expect(ids(room.ranked.rows()), `seed ${seed}, round ${round}, step ${step}`).toEqual(truth)
      const from = random.whole(0, truth.length + 4)
      expect(ids(room.ranked.slice(from, 70))).toEqual(truth.slice(from, from + 70))
      expect(pin.waiting).toEqual(without(truth, pinned))
      expect(pin.left).toEqual(without(pinned, truth))
    }
    expect(ids(pin.slice(0, 1e6))).toEqual(pinned)
  }
})

test('rows are those of now, also where a change moves nothing', () => {
  const room = new Room([{ id: 'a', rank: 1, open: true }])
  const { version } = room.ranked
  room.put({ id: 'a', rank: 1, open: true })
  expect(room.ranked.slice(0, 1)).toEqual([room.rows.get('a')])
  expect(room.ranked.version).toBe(version)
})

test('an order made from another one keeps what matches of it', () => {
  const random = new Random(7)
  const room = new Room(Array.from({ length: 2_000 }, (_, n) => thing(n, random)))
  const all = new Ranked('all', { matches: () => true, compare }, () => room.rows)
  const some = new Ranked('some', { matches, compare }, () => room.rows, all.rows())
  expect(ids(some.rows())).toEqual(room.truth())
})

test('all who pin the same order share one pin; a pin that was given up is unknown', () => {
  const room = new Room([{ id: 'a', rank: 1, open: true }])
  const pin = room.ranked.pin()
  expect(room.ranked.pin()).toBe(pin)
  expect(room.ranked.pinned(pin.name)).toBe(pin)
  room.put({ id: 'b', rank: 0, open: true })
  expect(room.ranked.pin().name).not.toBe(pin.name)
  room.ranked.unpin(pin.name)
  expect(room.ranked.pinned(pin.name)).toBeUndefined()
})

test('a window of an order held still sends what changed in it, says who is gone, and moves nobody', () => {
  const rows = new Map<string, Row<object>>([
    ['a', ['a', 1, { n: 1 }]],
    ['b', ['b', 1, { n: 1 }]],
  ])
  const at = { e: 1, s: 1 }
  const standing = (total = 2) => ({ row: (id: string) => rows.get(id), at, total })
  const window = new PinnedWindow('room', ['b', 'a', 'c'], standing())
  expect(window.state()).toMatchObject({ order: ['b', 'a', 'c'], n: 0, total: 2 })
  expect(window.push(standing())).toBeNull()
  rows.delete('a')
  rows.set('b', ['b', 2, { n: 2 }])
  expect(window.push(standing())).toMatchObject({
    n: 1,
    rows: [
      ['b', 2, { n: 2 }],
      ['a', 1, null],
    ],
  })
  expect(window.push(standing())).toBeNull()
  rows.set('a', ['a', 3, { n: 3 }])
  expect(window.push(standing())).toMatchObject({ n: 2, rows: [['a', 3, { n: 3 }]] })
  expect(window.state().rows).toHaveLength(2)
})
