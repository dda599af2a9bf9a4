import { describe, expect, it, vi } from 'vitest'
import type { PageAnswer, SocketRefusal, SubAnswer } from '#wire'
import { Collection } from './collection.svelte.ts'
import { liveness } from './liveness.ts'
import { Subscription } from './subscription.ts'

interface Item {
  id: string
}
const room = 'acme|things'
const snapshot = (ids: string[], pages = 0): SubAnswer => ({
  r: room,
  kind: 'snapshot',
  e: 1,
  s: 10,
  rows: ids.map((id) => [id, 1, { id }]),
  k: {},
  total: ids.length,
  ...(pages ? { more: { cut: 'cut', pages } } : {}),
})
const ids = (things: Collection<Item>) => [...things.rows()].map(({ id }) => id)

function asker(subs: (SubAnswer | SocketRefusal | Error)[], pages: (PageAnswer | SocketRefusal)[] = []) {
  const next = <T>(list: T[]): T => {
    const first = list.shift()
    if (first === undefined) throw new Error('asked more often than expected')
    return first
  }
  const sub = vi.fn(async () => {
    const answer = next(subs)
    if (answer instanceof Error) throw answer
    return answer
  })
  return { sub, page: vi.fn(async () => next(pages)), refused: vi.fn(), leave: vi.fn(), answered: vi.fn() }
}

describe('a subscription', () => {
  it('S11: takes the first page at once and the rest one after the other', async () => {
    const things = new Collection<Item>('things', 10_000)
    const ask = asker([snapshot(['a'], 2)], [{ rows: [['b', 1, { id: 'b' }]] }, { rows: [['c', 1, { id: 'c' }]] }])
    await new Subscription(things, ask).resume()
    expect(ids(things)).toEqual(['a', 'b', 'c'])
    expect(ask.page.mock.calls).toEqual([
      [{ view: 'things', cut: 'cut', page: 1 }],
      [{ view: 'things', cut: 'cut', page: 2 }],
    ])
  })

  it('S11: starts over when the node has forgotten the cut', async () => {
    const things = new Collection<Item>('things', 10_000)
    const ask = asker([snapshot(['a'], 1), snapshot(['a', 'b'])], [{ code: 'request.not-found', detail: '', wait: 1 }])
    await new Subscription(things, ask).resume()
    expect(ids(things)).toEqual(['a', 'b'])
  })

  it('S11: waits as long as the server asks, then asks again', async () => {
    const things = new Collection<Item>('things', 10_000)
    const ask = asker([{ code: 'store.unavailable', detail: '', wait: 1 }, snapshot(['a'])])
    await new Subscription(things, ask).resume()
    expect(ask.sub).toHaveBeenCalledTimes(2)
    expect(ask.refused).toHaveBeenCalledWith('store.unavailable')
  })

  it('S12: has one question in flight, and asks once more when a gap came meanwhile', async () => {
    const things = new Collection<Item>('things', 10_000)
    const ask = asker([snapshot(['a']), { ...snapshot([]), kind: 'delta', s: 11 }])
    const subscription = new Subscription(things, ask)
    await Promise.all([subscription.resume(), subscription.resume(), subscription.resume()])
    expect(ask.sub).toHaveBeenCalledTimes(2)
  })

  it('stops at a refusal that repeating cannot change', async () => {
    const ask = asker([{ code: 'auth.forbidden', detail: '' }])
    const subscription = new Subscription(new Collection<Item>('things', 10_000), ask)
    await subscription.resume()
    expect(ask.refused).toHaveBeenCalledWith('auth.forbidden')
    expect(subscription.pending).toBe(true)
  })
})

describe('S14: an act’s control', () => {
  it('waits until the page shows the version that was answered', async () => {
    const things = new Collection<Item>('things', 10_000)
    await new Subscription(things, asker([snapshot(['a'])])).resume()
    const reached = things.reached('a', 2, 2000)
    things.frame({ r: room, e: 1, p: 10, s: 11, d: [['a', 2, { id: 'a' }]] })
    expect(await reached).toBe(true)
  })

  it('says so when that takes too long', async () => {
    const things = new Collection<Item>('things', 10_000)
    await new Subscription(things, asker([snapshot(['a'])])).resume()
    expect(await things.reached('a', 2, 20)).toBe(false)
  })
})

describe('S13: the badge', () => {
  const pulse = {
    now: 10_000,
    lastHeartbeat: 9_000,
    health: 'live',
    lag: 0,
    pending: false,
    open: true,
    wallOffset: 0,
    missing: 0,
    latency: 9,
  } as const

  it('is live only with a fresh heartbeat on an open socket', () => {
    expect(liveness(pulse)).toEqual({ kind: 'live', latency: 9 })
    expect(liveness({ ...pulse, lastHeartbeat: 4_900 }).kind).toBe('stale')
    expect(liveness({ ...pulse, open: false })).toEqual({ kind: 'offline', since: 9_000, forMs: 1_000 })
    expect(liveness({ ...pulse, lastHeartbeat: null }).kind).toBe('connecting')
    expect(liveness({ ...pulse, pending: true }).kind).toBe('catching-up')
    expect(liveness({ ...pulse, health: 'delayed' }).kind).toBe('delayed')
  })
})
