import { describe, expect, it } from 'vitest'
import type { Frame, Row, SubAnswer } from '#wire'
import { ClientView } from './client-view.ts'

type Text = { text: string }
const row = (id: string, v: number, text = `${id}${v}`): Row<Text> => [id, v, { text }]
const gone = (id: string, v: number): Row<Text> => [id, v, null]
const base = { r: 'room', e: 1, k: {}, total: 0 }
const snapshot = (s: number, rows: Row[], more?: { cut: string; pages: number }): SubAnswer => {
  return { ...base, kind: 'snapshot', s, rows, ...(more && { more }) }
}
const delta = (s: number, rows: Row[]): SubAnswer => ({ ...base, kind: 'delta', s, rows })
const frame = (p: number, s: number, d: Row[], rest: Partial<Frame> = {}): Frame => ({
  r: 'room',
  e: 1,
  p,
  s,
  d,
  ...rest,
})
const heartbeat = (head: number, k = 0, e = 1) => {
  return { e, heads: { room: head }, k: { room: k }, health: 'live' as const, t: 0, build: '' }
}

function view(now = { ms: 0 }): ClientView<Text> {
  return new ClientView<Text>({ now: () => now.ms })
}

const shown = (held: ClientView<Text>) => Object.fromEntries([...held.rows].map(([id, { text }]) => [id, text]))

describe('S12: frames', () => {
  it('are applied from the cursor on, overlap included, and ignored when known', () => {
    const held = view()
    held.answer(snapshot(5, [row('a', 1)]))
    expect(held.frame(frame(3, 7, [row('a', 2)]))).toEqual({ outcome: 'applied', changed: new Set(['a']) })
    expect(held.frame(frame(5, 7, [row('a', 9)])).outcome).toBe('ignored')
    expect(held.cursor).toEqual({ e: 1, s: 7 })
    expect(shown(held)).toEqual({ a: 'a2' })
  })

  it('beyond the cursor are a gap and change nothing', () => {
    const held = view()
    held.answer(snapshot(5, [row('a', 1)]))
    expect(held.frame(frame(6, 7, [row('a', 2)])).outcome).toBe('gap')
    expect(shown(held)).toEqual({ a: 'a1' })
    expect(held.cursor).toEqual({ e: 1, s: 5 })
  })

  it('of a later epoch are a gap, of an earlier one and of another room nothing', () => {
    const held = view()
    held.answer({ ...snapshot(5, []), e: 2 })
    expect(held.frame(frame(5, 6, [], { e: 3 })).outcome).toBe('gap')
    expect(held.frame(frame(5, 6, [row('a', 1)], { e: 1 })).outcome).toBe('ignored')
    expect(held.frame(frame(5, 6, [row('a', 1)], { r: 'other', e: 2 })).outcome).toBe('ignored')
    expect(held.rows.size).toBe(0)
  })

  it('never take a row back to an older version, not even past its tombstone', () => {
    const held = view()
    held.answer(snapshot(5, [row('a', 3)]))
    held.frame(frame(5, 6, [row('a', 2), gone('b', 4)]))
    held.frame(frame(6, 7, [row('b', 3)]))
    expect(shown(held)).toEqual({ a: 'a3' })
    held.frame(frame(7, 8, [row('b', 5)]))
    expect(shown(held)).toEqual({ a: 'a3', b: 'b5' })
  })
})

describe('S11: snapshots in pages', () => {
  it('are whole after the last page, one page asked for at a time', () => {
    const held = view()
    held.answer(snapshot(5, [row('a', 1)], { cut: 'c', pages: 2 }))
    expect([held.whole, held.nextPage]).toEqual([false, { cut: 'c', page: 1 }])
    held.page('c', 1, { rows: [row('b', 1)] })
    expect(held.page('c', 1, { rows: [row('x', 1)] }).outcome).toBe('ignored')
    held.page('c', 2, { rows: [row('c', 1)] })
    expect([held.whole, held.nextPage]).toEqual([true, null])
    expect(Object.keys(shown(held))).toEqual(['a', 'b', 'c'])
  })

  it('take frames that arrive between pages: the greater version stays, what was deleted stays deleted', () => {
    const held = view()
    held.answer(snapshot(5, [], { cut: 'c', pages: 1 }))
    held.frame(frame(5, 6, [row('a', 4), gone('b', 3), row('new', 1)]))
    held.page('c', 1, { rows: [row('a', 3), row('b', 2), row('c', 7)] })
    expect(shown(held)).toEqual({ a: 'a4', new: 'new1', c: 'c7' })
  })

  it('sweep what they do not know once they are whole, not before', () => {
    const held = view()
    held.answer(snapshot(5, [row('old', 2), row('a', 1)]))
    held.answer({ ...snapshot(1, [row('a', 1)], { cut: 'c', pages: 1 }), e: 2 })
    expect(shown(held)).toHaveProperty('old')
    expect(held.page('c', 1, { rows: [] }).changed).toEqual(new Set(['old']))
    held.frame(frame(1, 2, [row('old', 1)], { e: 2 }))
    expect(shown(held)).toEqual({ a: 'a1' })
    held.frame(frame(2, 3, [row('old', 2)], { e: 2 }))
    expect(shown(held)).toEqual({ a: 'a1', old: 'old2' })
  })

  it('go on after a gap that a delta filled, and start anew after a lost socket', () => {
    const held = view()
    held.answer(snapshot(5, [], { cut: 'c', pages: 1 }))
    expect(held.frame(frame(7, 8, [row('a', 2)])).outcome).toBe('gap')
    expect(held.cursor).toEqual({ e: 1, s: 5 })
    held.answer(delta(8, [row('a', 2), gone('b', 2)]))
    held.page('c', 1, { rows: [row('a', 1), row('b', 1)] })
    expect(shown(held)).toEqual({ a: 'a2' })

    held.answer({ ...snapshot(9, [], { cut: 'd', pages: 1 }), e: 2 })
    held.disconnected()
    expect(held.cursor).toBeNull()
  })

  it('are taken as they are after more than the horizon away: a row may have begun anew from version 1', () => {
    const now = { ms: 0 }
    const held = view(now)
    held.answer(snapshot(5, [row('a', 9)]))
    now.ms = 16 * 60_000
    held.answer(snapshot(99, [row('a', 1)]))
    expect(shown(held)).toEqual({ a: 'a1' })
  })

  it('within the horizon never show a version older than the screen', () => {
    const held = view()
    held.answer(snapshot(5, [row('a', 9)]))
    held.answer({ ...snapshot(1, [row('a', 8)]), e: 2 })
    expect(shown(held)).toEqual({ a: 'a9' })
  })
})

describe('S13, S8: heartbeats', () => {
  it('tell a lost last frame, a room that was left, and a new epoch', () => {
    const held = view()
    held.answer(snapshot(5, []))
    expect(held.heartbeat(heartbeat(5))).toBe('ok')
    expect(held.heartbeat(heartbeat(6))).toBe('gap')
    expect(held.heartbeat({ ...heartbeat(5), heads: {} })).toBe('gap')
    expect(held.heartbeat(heartbeat(0, 0, 2))).toBe('gap')
  })

  it('tell lost last values; frames carry them in order, null takes one away', () => {
    const held = view()
    held.answer({ ...snapshot(5, []), k: { x: 1 }, kn: 3 })
    expect(held.frame(frame(5, 5, [], { k: { x: 2, y: 1 }, kp: 3, kn: 5 })).outcome).toBe('applied')
    expect(held.frame(frame(5, 5, [], { k: { x: 0 }, kp: 2, kn: 4 })).outcome).toBe('applied')
    expect([...held.values]).toEqual([
      ['x', 2],
      ['y', 1],
    ])
    expect(held.frame(frame(5, 5, [], { k: { y: 9 }, kp: 6, kn: 7 })).outcome).toBe('gap')
    expect(held.heartbeat(heartbeat(5, 6))).toBe('gap')
    held.frame(frame(5, 5, [], { k: { x: null }, kp: 5, kn: 6 }))
    expect([...held.values]).toEqual([['y', 1]])
  })
})

describe('S15: scope', () => {
  it('rows of another room do not stay, nor does a delta of it count', () => {
    const held = view()
    held.answer(snapshot(5, [row('a', 3, 'secret')]))
    expect(held.answer({ ...delta(6, []), r: 'masked' }).outcome).toBe('gap')
    expect(held.cursor).toBeNull()
    held.answer({ ...snapshot(6, [row('a', 3, 'plain')]), r: 'masked' })
    expect(shown(held)).toEqual({ a: 'plain' })
  })

  it('clear leaves nothing', () => {
    const held = view()
    held.answer(snapshot(5, [row('a', 3)]))
    expect(held.clear()).toEqual(new Set(['a']))
    expect([held.rows.size, held.cursor]).toEqual([0, null])
  })
})

it('S14: an act has arrived when the screen shows its version, a later one, or its end', () => {
  const held = view()
  held.answer(snapshot(5, [row('a', 3)]))
  expect([held.reached('a', 3), held.reached('a', 4), held.reached('b', 1)]).toEqual([true, false, false])
  held.frame(frame(5, 6, [gone('a', 4)]))
  expect(held.reached('a', 4)).toBe(true)
})
