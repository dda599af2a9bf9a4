/** What can be done on the desk, as data: keys, palette and the map of keys read the same. */
import { goto } from '$app/navigation'
import type { Action } from '../../console/actions.svelte.ts'
import { count } from '../../i18n/time.ts'
import { actText } from './act-texts.ts'
import { actIds, acts, labelOf } from './acts.ts'
import type { Desk } from './desk.svelte.ts'
import { tabName } from './filter-names.ts'
import { tabs } from './list-query.ts'
import { alarmText } from './texts.ts'
import type { Triage } from './triage.svelte.ts'

export interface Doing {
  desk: Desk
  triage: Triage
  step: (by: number) => void
  search: () => void
  note: () => void
}

export function deskActions({ desk, triage, step, search, note }: Doing): Action[] {
  const { list } = desk
  const cursor = () => list.cursor ?? list.opened
  const chosen = () => list.chosen()[0] ?? desk.detail.row ?? undefined
  const none = () => (cursor() === null ? actText('whyNothing') : null)
  const change = desk.change
  return [
    ...actIds.map((id): Action => {
      const { key } = acts[id]
      return {
        id: `act.${id}`,
        group: 'row',
        label: () => labelOf(triage.verbOf(id, chosen()), chosen()),
        ...(key !== null && { keys: [key] }),
        reason: () => triage.reason(id),
        run: () => triage.begin(id),
      }
    }),
    {
      id: 'note',
      group: 'row',
      label: () => actText('note'),
      keys: ['n'],
      reason: () => (desk.mayTriage ? none() : actText('reasonRole')),
      run: note,
    },
    {
      id: 'resources',
      group: 'row',
      label: () => actText('resources'),
      keys: ['r'],
      reason: none,
      run: () => void goto(`/alarms/${encodeURIComponent(cursor() ?? '')}/resources`),
    },
    {
      id: 'undo',
      group: 'row',
      label: () => actText('undo'),
      keys: ['z'],
      reason: () => (triage.undoable ? null : actText('undoNone')),
      run: () => triage.undoable?.run(),
    },
    { id: 'open', group: 'row', label: () => alarmText('open'), keys: ['Enter'], run: () => desk.open(cursor()) },
    {
      id: 'select',
      group: 'row',
      label: () => alarmText('select'),
      keys: ['x'],
      reason: none,
      run: () => list.toggle(cursor() ?? ''),
    },
    {
      id: 'selectAll',
      group: 'list',
      label: () => actText('allMatching', { n: count(list.state.matching) }),
      keys: ['mod+a'],
      reason: () => (desk.mayTriage ? null : actText('reasonRole')),
      run: () => void triage.selectEverything(),
    },
    { id: 'next', group: 'list', label: () => alarmText('next'), keys: ['j', 'ArrowDown'], run: () => step(1) },
    { id: 'previous', group: 'list', label: () => alarmText('previous'), keys: ['k', 'ArrowUp'], run: () => step(-1) },
    {
      id: 'nextSelecting',
      group: 'list',
      label: () => alarmText('nextSelecting'),
      keys: ['shift+j', 'shift+ArrowDown'],
      run: () => {
        if (list.cursor !== null) list.selected.add(list.cursor)
        step(1)
        if (list.cursor !== null) list.selected.add(list.cursor)
      },
    },
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
      run: () => change({ ...desk.query, filter: {}, last: null }),
    },
    {
      id: 'escape',
      group: 'list',
      label: () => alarmText('closeDetail'),
      keys: ['Escape'],
      run: () => {
        if (list.opened !== null) desk.open(null)
        else if (triage.everything || list.selected.size > 0) triage.selectNone()
        else list.cursor = null
      },
    },
    ...tabs.map((tab): Action => ({
      id: `tab.${tab}`,
      group: 'list',
      label: () => tabName(tab),
      run: () => change({ ...desk.query, tab }),
    })),
  ]
}
