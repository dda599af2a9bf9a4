import { describe, expect, it } from 'vitest'
import type { Row } from '../wire.ts'
import { Cuts } from './cuts.ts'
import { Health } from './health.ts'
import { LiveWindow } from './live-window.ts'
import { LogTail, nextEpoch } from './log-tail.ts'
import { allowance } from './slow-client.ts'

describe('S6: the log’s tail', () => {
  it('takes a dense sequence, ignores what it has seen, reloads at a hole or a new epoch', () => {
    const tail = new LogTail()
    expect(tail.steady).toBe(false)
    tail.restart(3, 7)
    expect(['3-8', '3-8', '2-99', '3-10'].map((id) => tail.offer(...parse(id)))).toEqual([
      'take',
      'ignore',
      'ignore',
      'reload',
    ])
    expect(tail.steady).toBe(false)
    expect(tail.offer(3, 9)).toBe('reload')
    tail.restart(3, 10)
    expect(tail.offer(4, 0)).toBe('reload')
  })

  it('a smaller epoch is never taken, and the next is above all that are known', () => {
    const tail = new LogTail()
    tail.restart(3, 7)
    expect(tail.restart(2, 100)).toBe(false)
    expect(tail.position).toEqual({ e: 3, s: 7 })
    expect(nextEpoch(null, 5, 3)).toBe(6)
  })
})

describe('S11: cuts', () => {
  it('are shared for a second within an epoch, and paged', () => {
    let now = 0
    const cuts = new Cuts({ now: () => now, pageSize: 2 })
    const ids = ['a', 'b', 'c', 'd', 'e']
    const first = cuts.of('room', 1, 10, () => ids)
    now = 900
    expect(cuts.of('room', 1, 12, () => [])).toBe(first)
    expect(cuts.of('room', 2, 0, () => [])).not.toBe(first)
    expect(cuts.more(first)).toEqual({ cut: first.key, pages: 2 })
    expect(cuts.page('room', first.key, 2)).toEqual(['e'])
    expect(cuts.page('other', first.key, 1)).toBeNull()
    now = 200_000
    cuts.trim()
    expect(cuts.page('room', first.key, 1)).toBeNull()
  })
})

describe('S13: health', () => {
  it('a node that has read nothing yet vouches for nothing', () => {
    expect(new Health().report(0, null).health).toBe('delayed')
  })

  it('counts the log, own changes, and what other nodes hold or may have held', () => {
    const health = new Health()
    health.leasesRead(1_000, [{ changedAt: 800, behind: 0 }])
    health.logRead(1_010)
    expect(health.report(1_500, null)).toEqual({ health: 'live', lag: 700 })
    expect(health.report(1_500, 400)).toEqual({ health: 'live', lag: 1_100 })
    expect(health.report(3_900, null)).toEqual({ health: 'delayed', lag: 3_100 })
    health.leasesRead(5_000, [{ changedAt: 4_900, behind: 4_000 }])
    expect(health.report(5_000, null).lag).toBe(4_200)
    health.logRead(5_001)
    expect(health.report(5_001, null)).toEqual({ health: 'delayed', lag: 4_101 })
    health.leasesRead(6_000, [{ changedAt: null, behind: 9_000 }])
    health.logRead(6_001)
    expect(health.report(6_001, null).lag).toBe(1)
  })
})

it('S16: a socket that does not drain gets last values only until it has drained, then nothing at all', () => {
  const busy = (unsentBytes: number, since: number) => ({ unsentBytes, since })
  expect(allowance(busy(1_000, 0), 1_000, 'rows')).toBe('rows')
  expect(allowance(busy(300_000, 0), 1_000, 'rows')).toBe('values')
  expect(allowance(busy(1_000, 0), 2_500, 'rows')).toBe('values')
  expect(allowance(busy(1_000, 2_400), 2_500, 'values')).toBe('values')
  expect(allowance(busy(1_000, 0), 31_000, 'values')).toBe('disconnect')
  expect(allowance({ unsentBytes: 0, since: null }, 2_500, 'values')).toBe('rows')
})

it('S10: a window pushes what is held and changed, numbered, and nothing when nothing has', () => {
  const rows = new Map<string, Row>([
    ['a', ['a', 1, 'a1']],
    ['b', ['b', 1, 'b1']],
  ])
  const ranking = (order: string[], total = 2) => ({ order, row: (id: string) => rows.get(id), total, values: {} })
  const window = new LiveWindow('top', ranking(['a', 'b']))
  expect(window.state()).toMatchObject({ order: ['a', 'b'], n: 0 })
  expect(window.push(ranking(['a', 'b']))).toBeNull()
  rows.set('b', ['b', 2, 'b2'])
  expect(window.push(ranking(['a', 'b']))).toEqual({ r: 'top', n: 1, rows: [['b', 2, 'b2']], total: 2, k: {} })
  expect(window.push(ranking(['b', 'a'], 3))).toMatchObject({ n: 2, rows: [], order: ['b', 'a'], total: 3 })
})

function parse(id: string): [number, number] {
  const [e = 0, s = 0] = id.split('-').map(Number)
  return [e, s]
}
