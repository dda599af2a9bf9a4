/** What a socket may be sent while it does not drain (S16). Pure. */
export interface Backlog {
  /** Bytes handed to the socket and not yet written to the network. */
  unsentBytes: number
  /** Monotonic ms at which the backlog last was empty or the oldest unsent message was handed over; null: empty. */
  since: number | null
}

/** `rows`: everything. `values`: last values only, `sub` is refused with `wait`. `disconnect`: `bye {why: slow}`. */
export type Allowance = 'rows' | 'values' | 'disconnect'

export const slowLimits = { bytes: 256 * 1024, afterMs: 2_000, disconnectMs: 30_000 }

/** Hysteresis: a socket that was too slow gets rows again only when it has drained. */
export function allowance(backlog: Backlog, now: number, before: Allowance, limits = slowLimits): Allowance {
  if (backlog.since === null || backlog.unsentBytes === 0) return 'rows'
  const age = now - backlog.since
  if (age > limits.disconnectMs) return 'disconnect'
  if (before !== 'rows') return 'values'
  return backlog.unsentBytes > limits.bytes || age > limits.afterMs ? 'values' : 'rows'
}
