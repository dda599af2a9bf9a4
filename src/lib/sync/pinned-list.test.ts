import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { PinState, Row, SubAnswer } from '#wire'
import type { Feed } from './feed.ts'
import { PinnedList } from './pinned-list.ts'
import { PinnedView } from './pinned-view.ts'

interface Item {
  id: string
  open: boolean
}

const pinOf = (name: string, more: Partial<PinState> = {}): PinState => {
  return { name, matching: 120, waiting: {}, left: 0, moved: false, ...more }
}
const row = (id: string, v = 1, open = true): Row<Item> => [id, v, { id, open }]

/** Answers stretches of orders by name, as the server would. */
class Server {
  readonly orders: Record<string, string[]> = {}
  readonly open = new Map<Feed, { room: string; n: number }>()
  now = 'first'
  #asked: Feed[] = []

  follow = (feed: Feed) => {
    this.open.set(feed, { room: '', n: 0 })
    this.#asked.push(feed)
    return () => void this.open.delete(feed)
  }

  /** Answers what was asked, and what is asked because of the answers. */
  settle() {
    for (let feed = this.#asked.shift(); feed; feed = this.#asked.shift()) if (this.open.has(feed)) this.answer(feed)
  }

  answer(feed: Feed) {
    const { window } = feed.request()
    if (!window) throw new Error('a list asks for windows')
    const name = window.pin === 'now' ? this.now : (window.pin ?? '')
    const order = this.orders[name]
    if (!order) return feed.refused?.('request.not-found')
    const ids = order.slice(window.from, window.from + window.count)
    const room = `${name}|${window.from}`
    this.open.set(feed, { room, n: 0 })
    const answer: SubAnswer = {
      r: room,
      kind: 'window',
      e: 1,
      s: 1,
      n: 0,
      order: ids,
      rows: ids.map((id) => row(id)),
      total: order.length,
      k: {},
      pin: pinOf(name, { matching: order.length }),
    }
    return feed.answer(answer)
  }

  push(rows: Row<Item>[], pin: PinState) {
    for (const [feed, held] of this.open) {
      if (feed.room !== held.room || held.room === '') continue
      const mine = rows.filter(([id]) => this.orders[held.room.split('|')[0] ?? '']?.includes(id))
      feed.push({ r: held.room, n: ++held.n, rows: mine, total: 120, k: {}, pin: { ...pin, name: pin.name } })
    }
  }
}

const idsOf = (list: PinnedList<Item>, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => list.state.rows.at(from + n)?.id)

let server: Server
beforeEach(() => {
  vi.useFakeTimers()
  server = new Server()
  server.orders['first'] = Array.from({ length: 120 }, (_, n) => `a${n}`)
  server.orders['second'] = ['new', ...server.orders['first']]
})

function listOf(): PinnedList<Item> {
  const hooks = { changed: () => undefined, noticed: () => undefined }
  const list = new PinnedList<Item>(server, { view: 'things', filter: {}, sort: 'rank' }, ({ open }) => open, hooks)
  server.settle()
  return list
}

describe('a list that is not here as a whole', () => {
  it('asks for what is looked at and a little around it', () => {
    const list = listOf()
    expect(list.state).toMatchObject({ matching: 120, ready: true })
    expect(idsOf(list, 0, 2)).toEqual(['a0', 'a1'])
    expect(list.state.rows.at(110)).toBeUndefined()
    list.look(100, 120)
    vi.advanceTimersByTime(100)
    server.settle()
    expect(idsOf(list, 110, 112)).toEqual(['a110', 'a111'])
    expect([...server.open.keys()].map((feed) => feed.request().window?.from)).toEqual([50, 100])
    expect(list.rankOf('a110')).toBe(110)
  })

  it('shows a newer order at once when no hand is on it, and not at all while one is', () => {
    const list = listOf()
    list.hold(true)
    server.now = 'second'
    server.push([row('a1', 2, false)], pinOf('first', { moved: true, waiting: { total: 1 }, left: 1 }))
    expect(idsOf(list, 0, 2)).toEqual(['a0', 'a1'])
    const changed = list.state.rows.at(1)
    expect(changed && list.state.hasLeft(changed)).toBe(true)
    expect(list.state).toMatchObject({ waiting: { total: 1 }, left: 1 })
    list.hold(false)
    server.settle()
    expect(idsOf(list, 0, 2)).toEqual(['new', 'a0'])
  })

  it('an order that was on its way is dropped when a hand comes first', () => {
    const list = listOf()
    server.now = 'second'
    server.push([], pinOf('first', { moved: true }))
    list.hold(true)
    server.settle()
    expect(idsOf(list, 0, 1)).toEqual(['a0'])
    list.show()
    server.settle()
    expect(idsOf(list, 0, 1)).toEqual(['new'])
  })

  it('keeps what is on the screen when its node does not know the order any more, until the order of now is here', () => {
    const list = listOf()
    delete server.orders['first']
    server.now = 'second'
    for (const feed of [...server.open.keys()]) server.answer(feed)
    expect(idsOf(list, 0, 1)).toEqual(['a0'])
    server.settle()
    expect(idsOf(list, 0, 1)).toEqual(['new'])
  })
})

describe('a stretch of an order held still', () => {
  it('marks who is gone and keeps the place; a version never goes back', () => {
    const view = new PinnedView<Item>()
    const at = { r: 'r', e: 1, s: 1, total: 2, k: {} }
    view.answer({ ...at, kind: 'window', n: 3, order: ['a', 'b', 'c'], rows: [row('a', 4), row('b', 1)] })
    expect([...view.gone]).toEqual(['c'])
    expect(view.push({ ...at, n: 3, rows: [row('a', 9)] }).outcome).toBe('ignored')
    view.push({ ...at, n: 4, rows: [row('a', 2, false), ['b', 1, null]] })
    expect(view.rows.get('a')?.open).toBe(true)
    expect([...view.gone]).toEqual(['c', 'b'])
    expect(view.rows.get('b')).toBeDefined()
    expect(view.push({ ...at, n: 6, rows: [] }).outcome).toBe('gap')
    view.push({ ...at, n: 5, rows: [row('b', 2)] })
    expect([...view.gone]).toEqual(['c'])
  })
})
