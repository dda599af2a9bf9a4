/** What may be asked of the list of snapshots, and what each tab asks by itself. */
import { consistencies, snapshotStates, type SnapshotState } from '#contract/snapshots'
import type { Questions, Values } from '../../lists/list-query.ts'
import { snapshotText } from './texts.ts'
import { consistencyWord, stateGlyph, stateWord } from './words.ts'

export const tabs = ['all', 'busy', 'failed'] as const
export const sorts = ['newest', 'oldest', 'name', 'desktop', 'size', 'state'] as const
export const busyStates: readonly SnapshotState[] = ['creating', 'restoring', 'deleting']

export const questions: Questions = {
  tabs,
  sorts,
  fields: [
    { key: 'text', label: () => snapshotText('text'), kind: 'text', offered: true },
    { key: 'desktopName', label: () => snapshotText('desktop'), kind: 'text', offered: true },
    {
      key: 'state',
      label: () => snapshotText('state'),
      kind: 'choice',
      offered: true,
      choices: () => snapshotStates.map((value) => ({ value, label: stateWord(value), glyph: stateGlyph(value) })),
    },
    {
      key: 'consistency',
      label: () => snapshotText('consistency'),
      kind: 'choice',
      offered: true,
      choices: () => consistencies.map((value) => ({ value, label: consistencyWord(value) })),
    },
    { key: 'time', label: () => snapshotText('taken'), kind: 'time' },
    { key: 'createdBy', label: () => snapshotText('takenBy'), kind: 'text' },
    { key: 'desktop', label: () => snapshotText('desktopId'), kind: 'text' },
  ],
}

export function tabValues(tab: string): Values {
  if (tab === 'busy') return { state: busyStates }
  return tab === 'failed' ? { state: ['failed'] } : {}
}
