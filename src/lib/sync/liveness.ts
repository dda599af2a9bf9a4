import { badge, type Signs } from './badge.ts'

/** What the badge says about the page (S13), with what a person wants to know beside it. */
export type Liveness =
  | { kind: 'connecting' }
  | { kind: 'live'; latency: number | null }
  | { kind: 'delayed' }
  | { kind: 'catching-up'; missing: number }
  | { kind: 'offline'; since: number; forMs: number }
  | { kind: 'stale'; since: number; forMs: number }

export interface Pulse extends Signs {
  open: boolean
  /** Wall clock minus this client's monotonic clock, to name a moment. */
  wallOffset: number
  missing: number
  latency: number | null
}

export function liveness(pulse: Pulse): Liveness {
  const state = badge(pulse)
  const lost = (kind: 'offline' | 'stale', since: number): Liveness => {
    return { kind, since: since + pulse.wallOffset, forMs: pulse.now - since }
  }
  if (pulse.lastHeartbeat === null) return { kind: 'connecting' }
  if (!pulse.open) return lost('offline', pulse.lastHeartbeat - pulse.lag)
  if (state.state === 'stale') return lost('stale', state.since ?? pulse.lastHeartbeat)
  if (state.state === 'catching-up') return { kind: 'catching-up', missing: pulse.missing }
  if (state.state === 'delayed') return { kind: 'delayed' }
  return { kind: 'live', latency: pulse.latency }
}

/** Nothing on the page can be trusted to be current, and no act can be sent. */
export const isCut = (state: Liveness) => state.kind === 'offline' || state.kind === 'stale'
