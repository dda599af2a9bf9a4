/** Which acts lie under the thumb: one main act, a few beside it, the rest in the menu. */
import type { AlarmRow } from '#contract/alarms'
import { isUnacknowledged } from '#contract/alarms'
import type { ActId } from './acts.ts'
import type { Me } from './list-query.ts'

export interface Thumb {
  /** Done one after the other; empty: to look at what explains it is the main thing. */
  main: readonly ActId[]
  beside: readonly (ActId | 'shelve1h')[]
}

export function underThumb(row: AlarmRow, me: Me | null): Thumb {
  const mine = row.ownerId !== null && row.ownerId === me?.id
  if (row.state === 'shelved') return { main: ['shelve'], beside: [] }
  if (row.state === 'suppressed') return { main: ['suppress'], beside: [] }
  if (row.state === 'out-of-service') return { main: ['service'], beside: [] }
  if (isUnacknowledged(row.state)) {
    return row.ownerId === null
      ? { main: ['acknowledge', 'claim'], beside: ['acknowledge', 'shelve1h'] }
      : { main: ['acknowledge'], beside: ['claim', 'shelve1h'] }
  }
  return mine ? { main: [], beside: ['claim', 'shelve1h'] } : { main: ['claim'], beside: ['acknowledge', 'shelve1h'] }
}

/** Nothing that takes away lies under a swipe: only what adds one's name. */
export function swipes(row: AlarmRow): { right: ActId | null; left: ActId | null } {
  const asks =
    row.state !== 'normal' && row.state !== 'shelved' && row.state !== 'suppressed' && row.state !== 'out-of-service'
  return {
    right: isUnacknowledged(row.state) ? 'acknowledge' : null,
    left: asks && row.ownerId === null ? 'claim' : null,
  }
}
