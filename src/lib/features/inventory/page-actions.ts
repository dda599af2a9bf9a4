/** What can be done on the page of desktops, as data. */
import type { DesktopFilter, DesktopRow } from '#contract/inventory'
import type { Action } from '../../console/actions.svelte.ts'
import { listActions, type ListHands } from '../../lists/list-actions.ts'
import type { ListPage } from '../../lists/list-page.svelte.ts'
import { actWord, described, plainActs } from './acts.ts'
import type { DesktopActs } from './desktop-acts.svelte.ts'
import { tabs } from './questions.ts'
import { desktopText } from './texts.ts'

const tabNames = { desktops: 'tabDesktops', pools: 'tabPools' } as const
export const tabName = (tab: keyof typeof tabNames) => desktopText(tabNames[tab])

export function desktopActions(
  page: ListPage<DesktopRow, DesktopFilter>,
  acts: DesktopActs,
  hands: ListHands,
): Action[] {
  return [
    ...listActions(page, hands),
    ...plainActs.map((act): Action => ({
      id: `desktop.${act}`,
      group: 'row',
      label: () => actWord(act),
      keys: [described[act].key ?? ''],
      reason: () => acts.reason(act),
      run: () => acts.begin(act),
    })),
    ...tabs.map((tab): Action => ({
      id: `tab.${tab}`,
      group: 'list',
      label: () => tabName(tab),
      run: () => page.change({ ...page.query, tab }),
    })),
  ]
}
