/** What can be done on the page of work orders, as data. */
import { orderVerbs, type OrderFilter, type OrderRow } from '#contract/work-orders'
import type { Action } from '../../console/actions.svelte.ts'
import { listActions, type ListHands } from '../../lists/list-actions.ts'
import type { ListPage } from '../../lists/list-page.svelte.ts'
import { keysOf } from './acts.ts'
import type { OrderActs } from './order-acts.svelte.ts'
import { tabs } from './questions.ts'
import { orderText } from './texts.ts'
import { verbWord } from './words.ts'

const tabNames = { open: 'tabOpen', failed: 'tabFailed', all: 'tabAll', history: 'tabHistory' } as const

export const tabName = (tab: keyof typeof tabNames) => orderText(tabNames[tab])

export function orderActions(
  page: ListPage<OrderRow, OrderFilter>,
  acts: OrderActs,
  hands: ListHands & { follow: () => void },
): Action[] {
  return [
    ...listActions(page, hands),
    ...orderVerbs.map((verb): Action => ({
      id: `order.${verb}`,
      group: 'row',
      label: () => verbWord(verb),
      keys: [keysOf[verb]],
      reason: () => acts.reason(verb),
      run: () => acts.begin(verb),
    })),
    { id: 'order.follow', group: 'row', label: () => orderText('keyFollow'), keys: ['l'], run: hands.follow },
    ...tabs.map((tab): Action => ({
      id: `tab.${tab}`,
      group: 'list',
      label: () => tabName(tab),
      run: () => page.change({ ...page.query, tab }),
    })),
  ]
}
