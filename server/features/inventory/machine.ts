/** Run states of a desktop and what may follow; the same rule greys the button and refuses the request. */
import type { RunState } from './contract.ts'

/** An agent that answers proves that the desktop runs; what is being taken down stays so. */
export function afterAgentConnected(state: RunState): RunState {
  return state === 'stopping' || state === 'deleting' ? state : 'online'
}

/** An agent that left a desktop being stopped means it is off; otherwise we only know that nobody is connected. */
export function afterAgentLost(state: RunState): RunState {
  if (state === 'stopping') return 'off'
  return state === 'online' ? 'offline' : state
}

/** Offered while nothing is in transition. */
export const mayDelete = (state: RunState) => state === 'off' || state === 'offline' || state === 'error'
