/** What may be asked of the list of orders, and what each tab asks by itself. */
import { orderStates, type OrderState } from '#contract/work-orders'
import type { Questions, Values } from '../../lists/list-query.ts'
import { orderText } from './texts.ts'
import { knownTypes, stateWord, typeWord } from './words.ts'

export const tabs = ['open', 'failed', 'all', 'history'] as const

export const openStates: readonly OrderState[] = ['running', 'scheduled', 'paused']

export const questions: Questions = {
  tabs,
  sorts: ['newest', 'oldest', 'state', 'type', 'target', 'ended'],
  fields: [
    {
      key: 'type',
      label: () => orderText('fieldType'),
      kind: 'choice',
      choices: () => knownTypes.map((value) => ({ value, label: typeWord(value) })),
    },
    {
      key: 'state',
      label: () => orderText('fieldState'),
      kind: 'choice',
      choices: () => orderStates.map((value) => ({ value, label: stateWord(value), glyph: value })),
    },
    { key: 'target', label: () => orderText('fieldTarget'), kind: 'text' },
    { key: 'time', label: () => orderText('fieldTime'), kind: 'time' },
    { key: 'who', label: () => orderText('fieldWho'), kind: 'text' },
    { key: 'text', label: () => orderText('fieldText'), kind: 'text' },
    { key: 'subject', label: () => orderText('fieldSubject'), kind: 'text' },
  ],
}

/** null: none of the live ones. */
export function tabValues(tab: string): Values | null {
  if (tab === 'history') return null
  if (tab === 'open') return { state: openStates }
  return tab === 'failed' ? { state: ['failed'] } : {}
}
