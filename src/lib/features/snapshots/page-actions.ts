/** What can be done on the page of snapshots, as data. */
import type { SnapshotFilter, SnapshotRow } from '#contract/snapshots'
import type { Action } from '../../console/actions.svelte.ts'
import { goto } from '$app/navigation'
import { listActions, type ListHands } from '../../lists/list-actions.ts'
import type { ListPage } from '../../lists/list-page.svelte.ts'
import { ordersOf } from '../work-orders/links.ts'
import { tabs } from './questions.ts'
import type { SnapshotActs } from './snapshot-acts.svelte.ts'
import { snapshotText } from './texts.ts'

export const keysOf = { restore: 'r', delete: 'Delete', take: 'n', orders: 'w' } as const
const tabNames = { all: 'tabAll', busy: 'tabBusy', failed: 'tabFailed' } as const
export const tabName = (tab: (typeof tabs)[number]) => snapshotText(tabNames[tab])

export function snapshotActions(
  page: ListPage<SnapshotRow, SnapshotFilter>,
  acts: SnapshotActs,
  hands: ListHands,
): Action[] {
  const one = () => acts.chosen()[0]
  return [
    ...listActions(page, hands),
    {
      id: 'snapshot.take',
      group: 'list',
      label: () => snapshotText('take'),
      keys: [keysOf.take],
      reason: acts.reasonTake,
      run: () => (acts.taking = true),
    },
    {
      id: 'snapshot.orders',
      group: 'row',
      label: () => snapshotText('orders'),
      keys: [keysOf.orders],
      reason: () => (one() ? null : snapshotText('choose')),
      run: () => void goto(ordersOf(one()?.id ?? '')),
    },
    {
      id: 'snapshot.restore',
      group: 'row',
      label: () => snapshotText('restore'),
      keys: [keysOf.restore],
      reason: () => acts.reasonRestore(),
      run: () => acts.askRestore(),
    },
    {
      id: 'snapshot.delete',
      group: 'row',
      label: () => snapshotText('delete'),
      keys: [keysOf.delete],
      reason: () => acts.reasonDelete(),
      run: () => acts.askDelete(),
    },
    ...tabs.map((tab): Action => ({
      id: `tab.${tab}`,
      group: 'list',
      label: () => tabName(tab),
      run: () => page.change({ ...page.query, tab }),
    })),
  ]
}
