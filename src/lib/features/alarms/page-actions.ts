import { goto } from '$app/navigation'
import type { Action } from '../../console/actions.svelte.ts'
import type { AlarmList } from './alarm-list.svelte.ts'
import { tabs, toParams, type ListQuery } from './list-query.ts'
import { alarmText } from './texts.ts'

const tabKey = {
  active: 'tabActive',
  unacknowledged: 'tabUnacknowledged',
  acknowledged: 'tabAcknowledged',
  returned: 'tabReturned',
  history: 'tabHistory',
} as const
export const tabName = (tab: ListQuery['tab']) => alarmText(tabKey[tab])

/** The filter lives in the URL; replacing it keeps focus and place. */
export function visit(path: string, query: ListQuery): void {
  const params = toParams(query).toString()
  void goto(params ? `${path}?${params}` : path, { replaceState: true, keepFocus: true, noScroll: true })
}

export interface Doing {
  list: AlarmList
  query: () => ListQuery
  change: (query: ListQuery) => void
  step: (by: number) => void
  open: (id: string | null) => void
  acknowledge: () => void
  reason: () => string | null
  search: () => void
}

/** What can be done with the list, as data: keys, palette and buttons read the same. */
export function alarmActions({ list, query, change, step, open, acknowledge, reason, search }: Doing): Action[] {
  const cursor = () => list.cursor ?? list.opened
  const escape = () => {
    if (list.opened !== null) open(null)
    else if (list.selected.size > 0) list.selected.clear()
    else list.cursor = null
  }
  return [
    { id: 'ack', group: 'row', label: () => alarmText('acknowledge'), keys: ['a'], reason, run: acknowledge },
    {
      id: 'open',
      group: 'row',
      label: () => alarmText('open'),
      keys: ['Enter'],
      run: () => open(cursor()),
    },
    {
      id: 'select',
      group: 'row',
      label: () => alarmText('select'),
      keys: ['x'],
      run: () => {
        const id = cursor()
        if (id !== null) list.toggle(id)
      },
    },
    { id: 'next', group: 'list', label: () => alarmText('next'), keys: ['j', 'ArrowDown'], run: () => step(1) },
    { id: 'previous', group: 'list', label: () => alarmText('previous'), keys: ['k', 'ArrowUp'], run: () => step(-1) },
    { id: 'show', group: 'list', label: () => alarmText('show'), keys: ['.'], run: () => list.show() },
    {
      id: 'freeze',
      group: 'list',
      label: () => alarmText(list.frozen ? 'unfreeze' : 'freeze'),
      keys: ['f'],
      run: () => (list.frozen = !list.frozen),
    },
    { id: 'search', group: 'list', label: () => alarmText('focusSearch'), keys: ['/'], run: search },
    {
      id: 'clear',
      group: 'list',
      label: () => alarmText('filterClear'),
      keys: ['shift+x'],
      run: () => change({ ...query(), filter: {}, last: null }),
    },
    { id: 'escape', group: 'list', label: () => alarmText('closeDetail'), keys: ['Escape'], run: escape },
    ...tabs.map((tab): Action => ({
      id: `tab.${tab}`,
      group: 'list',
      label: () => tabName(tab),
      run: () => change({ ...query(), tab }),
    })),
  ]
}
