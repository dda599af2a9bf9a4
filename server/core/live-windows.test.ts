import * as z from 'zod/mini'
import { expect, test } from 'vitest'
import { defineView, type WindowPush } from '#wire'
import type { AnyView, Collection, Doc } from './feature.ts'
import { LiveRoom } from './live-room.ts'
import { LiveWindows, type OpenWindow } from './live-windows.ts'
import { must } from './must.ts'
import { Views } from './views.ts'

interface Thing {
  id: string
  rank: number
  colour: string
}
interface ThingDoc extends Doc {
  rank: number
  colour: string
}

const Things: Collection<ThingDoc> = { noun: 'things', hot: true, indexes: [] }
const Filter = z.object({ colour: z.optional(z.string()) })
const view: AnyView = {
  collection: Things,
  contract: defineView<Thing, z.infer<typeof Filter>>({
    name: 'things',
    permission: 'alarms:read',
    filter: Filter,
    matches: (row, filter) => filter.colour === undefined || row.colour === filter.colour,
    orders: { rank: (a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1) },
    defaultOrder: 'rank',
    counters: (rows) => ({ total: [...rows].length }),
  }),
  present: ({ _id, rank, colour }: ThingDoc) => ({ id: _id, rank, colour }),
}

function world() {
  const views = new Views()
  let at = 0
  let s = 0
  const room = new LiveRoom({ tenant: 'acme', view, masked: false, operator: null }, views, { e: 1, s: 0 }, () => at)
  const windows = new LiveWindows(
    () => ({ e: 1, s }),
    () => at,
  )
  const put = (n: number, rank: number, colour = 'red', gone = false) => {
    const id = `acme:${n}`
    const doc = { _id: id, v: (views.get(Things, id)?.v ?? 0) + 1, tenant: 'acme', rank, colour, gone }
    views.take(Things, doc)
    room.take(++s, doc)
  }
  const ask = { filter: {}, sort: 'rank', from: 0, count: 10 }
  /** Pushes of all windows but those given up. */
  const pushes = (givenUp: readonly OpenWindow[] = []) => {
    const sent: WindowPush[] = []
    windows.push(
      (name) => !givenUp.some(({ room: given }) => given === name),
      (_name, push) => sent.push(push),
    )
    return sent
  }
  return { room, windows, put, ask, pushes, pass: (ms: number) => (at += ms) }
}

test('S10: stretches of one pin stay where they are, follow their rows and count who waits', () => {
  const { room, windows, put, ask, pushes } = world()
  for (let n = 0; n < 30; n++) put(n, n * 10)
  const first = must(windows.open(room, { ...ask, pin: 'now' }, {}), 'a pin of now is always there')
  const { pin, order } = first.state()
  const name = must(pin, 'it has a name').name
  const second = must(windows.open(room, { ...ask, from: 10, pin: name }, {}), 'the pin is known')
  expect(order?.[0]).toBe('acme:0')
  expect(second.state().order?.[0]).toBe('acme:10')

  put(99, 5)
  put(1, 10, 'red', true)
  put(12, 1)
  const sent = new Map(pushes().map((push) => [push.r, push]))
  const state = { name, matching: 30, waiting: { total: 1 }, left: 1, moved: true }
  expect(sent.get(first.room)).toMatchObject({ n: 1, rows: [['acme:1', 1, null]], pin: state })
  expect(sent.get(second.room)).toMatchObject({ n: 1, rows: [['acme:12', 2, { rank: 1 }]], pin: state })
  expect(sent.get(second.room)?.order).toBeUndefined()
  expect(
    windows
      .open(room, { ...ask, pin: 'now' }, {})
      ?.state()
      .order?.slice(0, 3),
  ).toEqual(['acme:0', 'acme:12', 'acme:99'])
})

test('S10: a window by rank follows the order of now, filtered; nothing is sent where nothing changed', () => {
  const { room, windows, put, ask, pushes } = world()
  for (let n = 0; n < 5; n++) put(n, n)
  const window = must(windows.open(room, ask, { colour: 'red' }), 'no pin is asked for')
  put(7, -1, 'blue')
  expect(pushes().every((push) => push.rows.length === 0 && push.order === undefined)).toBe(true)
  put(7, -1, 'red')
  expect(pushes()).toMatchObject([{ r: window.room, total: 6, rows: [['acme:7', 2, {}]] }])
  expect(pushes()).toEqual([])
})

test('S10: a pin outlives its windows for 20 s, so that a page whose line was cut finds it again', () => {
  const { room, windows, put, ask, pushes, pass } = world()
  put(1, 1)
  const window = must(windows.open(room, { ...ask, pin: 'now' }, {}), 'a pin of now is always there')
  const pin = must(window.state().pin, 'it has a name').name
  pass(60_000)
  pushes()
  pushes([window])
  pass(19_000)
  pushes([window])
  expect(windows.open(room, { ...ask, from: 1, pin }, {})).not.toBeNull()
  pass(50_000)
  pushes([window, must(windows.open(room, { ...ask, from: 1, pin }, {}), 'it is held')])
  pass(21_000)
  pushes([window])
  expect(windows.open(room, { ...ask, pin }, {})).toBeNull()
})

test('S10: orders and pins go on across a load of the views', () => {
  const { room, windows, put, ask, pushes } = world()
  for (let n = 0; n < 5; n++) put(n, n)
  const window = must(windows.open(room, { ...ask, pin: 'now' }, {}), 'a pin of now is always there')
  room.reset(2, 0)
  expect(pushes()).toEqual([])
  put(9, 9)
  expect(pushes()).toMatchObject([{ r: window.room, n: 1, rows: [], pin: { waiting: { total: 1 }, left: 0 } }])
})

test('S10: rows by id are followed wherever they rank', () => {
  const { room, windows, put, pushes } = world()
  for (let n = 0; n < 5; n++) put(n, n)
  const window = windows.openItems(room, ['acme:4', 'acme:404'])
  expect(window.state()).toMatchObject({ order: ['acme:4', 'acme:404'], rows: [['acme:4', 1, {}]] })
  put(4, 0)
  expect(pushes()).toMatchObject([{ rows: [['acme:4', 2, { rank: 0 }]] }])
})

test('S10: the counters of a window follow the room, also where nobody holds the room whole', () => {
  const { room, windows, put, ask, pushes, pass } = world()
  put(1, 1)
  must(windows.open(room, { ...ask, count: 1 }, {}), 'no pin is asked for')
  pass(1_000)
  // Behind the rows that are shown: nothing of the window changes but what is counted.
  put(2, 2)
  expect(pushes()).toMatchObject([{ k: { total: 2 } }])
})
