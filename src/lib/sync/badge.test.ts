import { expect, it } from 'vitest'
import { badge, HeartbeatClock } from './badge.ts'
import type { Signs } from './badge.ts'

const fine: Signs = { now: 10_000, lastHeartbeat: 9_000, health: 'live', lag: 1_000, pending: false }

it('S13: LIVE only while heartbeat and lag together are younger than five seconds', () => {
  expect(badge(fine).state).toBe('live')
  expect(badge({ ...fine, lag: 4_000 }).state).toBe('delayed')
  expect(badge({ ...fine, health: 'delayed' }).state).toBe('delayed')
  expect(badge({ ...fine, pending: true }).state).toBe('catching-up')
})

it('S13: five seconds without a heartbeat are STALE since the screen was last known to be right', () => {
  expect(badge({ ...fine, now: 14_000 })).toEqual({ state: 'stale', since: 8_000 })
  expect(badge({ ...fine, lastHeartbeat: null })).toEqual({ state: 'stale', since: null })
})

it('S13: a heartbeat that waited in a buffer is as old as it is, whatever the server’s clock says', () => {
  const clock = new HeartbeatClock()
  clock.answered(1_000, 501_000)
  expect(clock.sentAt(502_000, 2_010)).toBe(2_000)
  expect(clock.sentAt(502_500, 9_000)).toBe(2_500)
  expect(clock.doubtful(502_500, 9_000)).toBe(true)
  clock.answered(9_000, 508_990)
  expect(clock.sentAt(509_000, 9_020)).toBe(9_010)
})
