/** What a node says of itself in `hb` (S13): the age of the oldest change it cannot rule out to be missing. Pure. */
export interface NodeSigns {
  /** Monotonic ms of the last answered read of the log (also an empty one). */
  logReadAt: number
  /** Monotonic ms at which the oldest own write began that is not yet in the log; null: all published. */
  unpublishedSince: number | null
  /** Other nodes' leases: when `n` was last seen to change; null once the redo of a dead one is done. */
  leases: Iterable<{ changedAt: number | null }>
}

export const DELAYED_MS = 3_000

export function health(signs: NodeSigns, now: number): { health: 'live' | 'delayed'; lag: number } {
  let oldest = Math.min(signs.logReadAt, signs.unpublishedSince ?? now)
  for (const { changedAt } of signs.leases) if (changedAt !== null) oldest = Math.min(oldest, changedAt)
  const lag = Math.max(0, now - oldest)
  return { health: lag >= DELAYED_MS ? 'delayed' : 'live', lag }
}
