/** Keys that every list has, as data; what can be done to its rows comes from its page. */
import type { Action } from '../console/actions.svelte.ts'
import type { ListPage } from './list-page.svelte.ts'
import { listText } from './texts.ts'

export interface ListHands {
  step: (by: number) => void
  search: () => void
}

export function listActions<T extends { id: string }, F extends object>(
  page: ListPage<T, F>,
  { step, search }: ListHands,
): Action[] {
  const { list } = page
  const none = () => (list.cursor === null ? listText('nothing') : null)
  return [
    { id: 'next', group: 'list', label: () => listText('next'), keys: ['j', 'ArrowDown'], run: () => step(1) },
    { id: 'previous', group: 'list', label: () => listText('previous'), keys: ['k', 'ArrowUp'], run: () => step(-1) },
    {
      id: 'open',
      group: 'row',
      label: () => listText('open'),
      keys: ['Enter'],
      reason: none,
      run: () => page.show(list.cursor),
    },
    {
      id: 'select',
      group: 'row',
      label: () => listText('select'),
      keys: ['x'],
      reason: none,
      run: () => list.cursor !== null && list.toggle(list.cursor),
    },
    { id: 'show', group: 'list', label: () => listText('show'), keys: ['.'], run: () => list.show() },
    {
      id: 'freeze',
      group: 'list',
      label: () => listText(list.frozen ? 'unfreeze' : 'freeze'),
      keys: ['f'],
      run: () => (list.frozen = !list.frozen),
    },
    { id: 'search', group: 'list', label: () => listText('search'), keys: ['/'], run: search },
    {
      id: 'clear',
      group: 'list',
      label: () => listText('filterClear'),
      keys: ['shift+x'],
      run: () => page.change({ ...page.query, values: {} }),
    },
    {
      id: 'escape',
      group: 'list',
      label: () => listText('escape'),
      keys: ['Escape'],
      run: () => {
        if (list.selected.size > 0) list.selected.clear()
        else if (list.opened !== null) page.show(null)
        else list.cursor = null
      },
    },
  ]
}
