/** The badge that never lies (S13). Pure; times are monotonic ms of this client. */
export const STALE_MS = 5_000

export type Badge =
  | { state: 'live' }
  | { state: 'delayed' }
  | { state: 'catching-up' }
  /** `since`: when the screen last was known to be right; null: never. */
  | { state: 'stale'; since: number | null }

export interface Signs {
  now: number
  /** When the last heartbeat was SENT, on this client's clock (see `HeartbeatClock`); null before the first. */
  lastHeartbeat: number | null
  health: 'live' | 'delayed'
  /** `hb.lag` */
  lag: number
  /** A `sub` is unanswered, pages are missing, or a gap is known. */
  pending: boolean
}

export function badge(signs: Signs): Badge {
  const { now, lastHeartbeat, lag } = signs
  if (lastHeartbeat === null) return signs.pending ? { state: 'catching-up' } : { state: 'stale', since: null }
  if (now - lastHeartbeat >= STALE_MS) return { state: 'stale', since: lastHeartbeat - lag }
  if (signs.pending) return { state: 'catching-up' }
  if (signs.health === 'delayed' || now - lastHeartbeat + lag >= STALE_MS) return { state: 'delayed' }
  return { state: 'live' }
}

/**
 * Puts `hb.t` of one connection on this client's clock, never later than it was sent: a heartbeat that sat in a buffer
 * is as old as it is. An answer with the server's time was made after it was asked for, so asking bounds the offset.
 */
export class HeartbeatClock {
  #offset: number | null = null

  answered(askedAt: number, t: number | undefined): void {
    if (t !== undefined) this.#offset = Math.max(this.#offset ?? -Infinity, askedAt - t)
  }

  /** Old, or badly measured: a `sub` that is answered quickly tells which. */
  doubtful(t: number, receivedAt: number): boolean {
    return receivedAt - this.sentAt(t, receivedAt) > 2_000
  }

  sentAt(t: number, receivedAt: number): number {
    return this.#offset === null ? receivedAt : Math.min(t + this.#offset, receivedAt)
  }
}
