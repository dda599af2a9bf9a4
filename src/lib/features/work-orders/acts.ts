/** What can be done to an order, as data: buttons, keys, menu and palette are made of it. */
import type { OrderRow, OrderState, OrderVerb } from '#contract/work-orders'
import { may } from '#machine/work-orders'
import { listText } from '../../lists/texts.ts'
import { orderText } from './texts.ts'
import { stateWord } from './words.ts'

export const keysOf: Record<OrderVerb, string> = { pause: 'p', resume: 'r', 're-execute': 'e', cancel: 'shift+c' }
/** What takes an act back; absent: nothing can. */
export const reverses: Partial<Record<OrderVerb, OrderVerb>> = { pause: 'resume', resume: 'pause' }

export interface Circumstances {
  mayWrite: boolean
  cut: boolean
  busy: boolean
}

/** Why nothing at all can be sent now. */
export function whyNothing({ mayWrite, cut, busy }: Circumstances): string | null {
  if (!mayWrite) return listText('reasonRole')
  if (cut) return listText('reasonOffline')
  return busy ? listText('reasonBusy') : null
}

export function whyNot(row: OrderRow, verb: OrderVerb, around: Circumstances): string | null {
  return whyNothing(around) ?? (may(row.state, verb) ? null : whyState(row))
}

/** What the state means for who wants to do something: it stands beside the buttons. */
export function whyState({ state, stopping }: Pick<OrderRow, 'state' | 'stopping'>): string {
  if (stopping) return orderText('whyStopping')
  if (state === 'scheduled') return orderText('whyScheduled')
  if (state === 'paused') return orderText('whyPaused')
  if (state === 'running') return orderText('whyRunning')
  if (state === 'failed') return orderText('whyFailed')
  return orderText('whyEnded', { state: stateWord(state) })
}

/** The next sensible act of a state. */
export function mainVerb(state: OrderState): OrderVerb {
  if (state === 'paused') return 'resume'
  return state === 'failed' ? 're-execute' : 'pause'
}
