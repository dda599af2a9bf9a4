import type { Action } from '../../console/actions.svelte.ts'
import { resourceText } from './texts.ts'

export interface Doing {
  acknowledge: () => void
  reason: () => string | null
  step: (by: number) => void
  reset: () => void
  table: () => void
  beside: (by: 1 | -1) => void
}

/** What can be done here, as data: keys, palette and buttons read the same. */
export function resourceActions({ acknowledge, reason, step, reset, table, beside }: Doing): Action[] {
  return [
    { id: 'ack', group: 'row', label: () => resourceText('acknowledge'), keys: ['a'], reason, run: acknowledge },
    { id: 'back', group: 'list', label: () => resourceText('stepBack'), keys: ['ArrowLeft'], run: () => step(-1) },
    { id: 'on', group: 'list', label: () => resourceText('stepOn'), keys: ['ArrowRight'], run: () => step(1) },
    { id: 'report', group: 'list', label: () => resourceText('toReport'), keys: ['Escape'], run: reset },
    { id: 'table', group: 'list', label: () => resourceText('table'), keys: ['t'], run: table },
    { id: 'before', group: 'list', label: () => resourceText('previousAlarm'), keys: ['['], run: () => beside(-1) },
    { id: 'next', group: 'list', label: () => resourceText('nextAlarm'), keys: [']'], run: () => beside(1) },
  ]
}
