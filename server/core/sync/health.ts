/**
 * What a node says of itself in `hb` (S13): the age of the oldest change it cannot rule out to be missing. Pure; all
 * times are this node's monotonic ms. A change is missing here while it is unread, while this node has committed but
 * not published it, while another node says it has such changes, or while another node may have died with some.
 */
export interface LeaseSign {
  /**
   * The node renewed after this: when the last read was sent that still saw the earlier `n`; -Infinity for a lease that
   * the first read of all found and that has not changed since: nobody knows how old it is. Null: the node is gone and
   * what it left open has been redone.
   */
  changedAt: number | null
  /** ms: age of that node's oldest unpublished change when it last renewed. */
  behind: number
}

export const DELAYED_MS = 3_000
/** `lag` of a node that does not know. */
const MOST_MS = 3_600_000

export class Health {
  #logReadAt = -Infinity
  #leases: { readAt: number; signs: LeaseSign[] } = { readAt: -Infinity, signs: [] }
  #next: { readAt: number; signs: LeaseSign[] } | null = null

  /** All leases, as answered to a read that was SENT at `sentAt`. They count from the next read of the log on. */
  leasesRead(sentAt: number, signs: LeaseSign[]): void {
    this.#next = { readAt: sentAt, signs }
  }

  /** An answered read of the log, also an empty one, SENT at `sentAt`: everything appended before is known now. */
  logRead(sentAt: number): void {
    this.#logReadAt = Math.max(this.#logReadAt, sentAt)
    if (this.#next && this.#next.readAt <= sentAt) {
      this.#leases = this.#next
      this.#next = null
    }
  }

  /** `unpublishedSince`: begin of the oldest own write not yet read back from the log; null when there is none. */
  report(now: number, unpublishedSince: number | null): { health: 'live' | 'delayed'; lag: number } {
    let oldest = Math.min(this.#logReadAt, this.#leases.readAt, unpublishedSince ?? now)
    for (const { changedAt, behind } of this.#leases.signs)
      if (changedAt !== null) oldest = Math.min(oldest, changedAt - behind)
    const lag = Math.min(Math.max(0, now - oldest), MOST_MS)
    return { health: lag >= DELAYED_MS ? 'delayed' : 'live', lag }
  }
}
