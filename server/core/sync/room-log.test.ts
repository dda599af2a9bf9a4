import { describe, expect, it } from 'vitest'
import type { Row } from '../wire.ts'
import { RoomLog, valuesOnly } from './room-log.ts'

const row = (id: string, v: number): Row => [id, v, `${id}${v}`]

function log(options: { limit?: number; perFrame?: number } = {}) {
  const time = { ms: 0 }
  return { time, room: new RoomLog({ room: 'r', epoch: 1, seq: 10, now: () => time.ms, ...options }) }
}

describe('S9: frames', () => {
  it('hold one row per entity and say where they begin and end', () => {
    const { room } = log()
    room.append(11, [row('a', 1), row('b', 1)])
    room.append(13, [row('a', 2)])
    expect(room.flush()).toEqual({ r: 'r', e: 1, p: 10, s: 13, d: [row('b', 1), row('a', 2)] })
    expect(room.flush()).toBeNull()
    room.append(20, [row('b', 2)])
    expect(room.flush()).toMatchObject({ p: 13, s: 20 })
  })

  it('hold so much and no more, and end where a sequence ends', () => {
    const { room } = log({ perFrame: 2 })
    room.append(11, [row('a', 1)])
    room.append(12, [row('b', 1), row('c', 1), row('d', 1)])
    room.append(13, [row('a', 2)])
    for (const key of ['x', 'y', 'x', 'z', 'w']) room.tell(key, 1)
    expect([...room.frames()]).toEqual([
      { r: 'r', e: 1, p: 10, s: 12, d: [row('b', 1), row('c', 1), row('d', 1)], k: { y: 1, x: 1 }, kp: 0, kn: 3 },
      { r: 'r', e: 1, p: 12, s: 13, d: [row('a', 2)], k: { z: 1, w: 1 }, kp: 3, kn: 5 },
    ])
    expect(room.pending()).toBe(false)
  })

  it('are not owed to a lane in which nobody was', () => {
    const { room } = log()
    room.append(11, [row('a', 1)])
    room.tell('x', 1)
    room.skip('slow')
    expect([room.pending('slow'), room.flushed('slow'), room.pending('fast')]).toEqual([false, 11, true])
  })

  it('of the slow lane hold what that lane has not been sent', () => {
    const { room } = log()
    room.append(11, [row('a', 1)])
    room.flush('fast')
    room.append(12, [row('a', 2)])
    room.flush('fast')
    expect(room.flush('slow')).toMatchObject({ p: 10, s: 12, d: [row('a', 2)] })
    expect([room.flushed('fast'), room.flushed('slow')]).toEqual([12, 12])
  })

  it('refuse entries out of log order', () => {
    const { room } = log()
    room.append(12, [row('a', 1)])
    expect(() => room.append(11, [row('a', 2)])).toThrow('out of log order')
  })
})

describe('S7: entries of one document out of order', () => {
  it('the greater version stays where it is', () => {
    const { room } = log()
    room.append(11, [['a', 5, null]])
    room.append(12, [row('a', 4)])
    expect(room.deltaSince(10)).toEqual([['a', 5, null]])
    expect(room.flush()).toMatchObject({ s: 12, d: [['a', 5, null]] })
  })

  it('a version known ahead of the log moves on to its own entry', () => {
    const { room } = log()
    room.append(11, [row('a', 3)])
    room.append(12, [row('a', 3)])
    expect(room.deltaSince(11)).toEqual([row('a', 3)])
  })
})

describe('S11: resuming', () => {
  it('a cursor within the horizon gets a compacted delta, tombstones included', () => {
    const { room } = log()
    room.append(11, [row('a', 1), row('b', 1)])
    room.append(12, [['b', 2, null]])
    expect(room.resume({ e: 1, s: 11 }, 12)).toEqual({ kind: 'delta', rows: [['b', 2, null]] })
    expect(room.resume({ e: 1, s: 12 }, 12)).toEqual({ kind: 'delta', rows: [] })
  })

  it('no cursor, a past epoch or one before the horizon gets a snapshot; a node behind waits', () => {
    const { room } = log()
    room.append(11, [row('a', 1)])
    const kinds = [null, { e: 0, s: 11 }, { e: 1, s: 9 }, { e: 1, s: 12 }, { e: 2, s: 0 }].map((cursor) => {
      return room.resume(cursor, 11).kind
    })
    expect(kinds).toEqual(['snapshot', 'snapshot', 'snapshot', 'wait', 'wait'])
  })

  it('entries older than the horizon are forgotten, superseded ones without moving it', () => {
    const { room, time } = log()
    room.append(11, [row('a', 1)])
    room.append(12, [row('b', 1)])
    time.ms = 10 * 60_000
    room.append(13, [row('a', 2)])
    time.ms = 16 * 60_000
    room.trim()
    expect([room.size, room.deltaSince(11), room.deltaSince(12)]).toEqual([1, null, [row('a', 2)]])
  })

  it('memory is bounded by entities, not by changes, and by the limit', () => {
    const { room } = log({ limit: 100 })
    for (let seq = 11; seq < 5_000; seq++) room.append(seq, [row('same', seq)])
    expect(room.size).toBeLessThan(150)
    for (let seq = 5_000; seq < 6_000; seq++) room.append(seq, [row(`id${seq}`, 1)])
    expect(room.size).toBeLessThan(250)
    expect(room.deltaSince(5_000)).toBeNull()
    expect(room.deltaSince(5_990)).toHaveLength(9)
  })

  it('a new epoch forgets everything but the last values', () => {
    const { room } = log()
    room.append(11, [row('a', 1)])
    room.tell('x', 1)
    room.reset(2, 0)
    expect([room.epoch, room.head, room.flushed(), room.deltaSince(0), room.values()]).toEqual([2, 0, 0, [], { x: 1 }])
  })
})

describe('S8: last values', () => {
  it('travel with the next frame, numbered, and come whole with sub', () => {
    const { room } = log()
    room.tell('x', 1)
    room.tell('y', 2)
    room.tell('x', 3)
    expect(room.flush()).toEqual({ r: 'r', e: 1, p: 10, s: 10, d: [], k: { x: 3, y: 2 }, kp: 0, kn: 3 })
    room.tell('y', null)
    expect(room.flush()).toMatchObject({ k: { y: null }, kp: 3, kn: 4 })
    expect([room.values(), room.counter]).toEqual([{ x: 3 }, 4])
  })

  it('S16: are all that a slow socket gets, and its frame shows that rows are missing', () => {
    const { room } = log()
    room.append(11, [row('a', 1)])
    room.tell('x', 1)
    const frame = room.flush()
    expect(frame && valuesOnly(frame)).toEqual({ r: 'r', e: 1, p: 11, s: 11, d: [], k: { x: 1 }, kp: 0, kn: 1 })
    room.append(12, [row('a', 2)])
    const rows = room.flush()
    expect(rows && valuesOnly(rows)).toBeNull()
  })
})
