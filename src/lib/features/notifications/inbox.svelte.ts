import * as z from 'zod/mini'
import type { NotificationRow } from '#contract/notifications'
import { attempt } from '../../console/attempt.ts'
import { act } from '../../sync/send.ts'
import { WindowFeed } from '../../sync/window-feed.svelte.ts'

const Anything = z.unknown()
export const shownMost = 100

/** One's own notifications: the newest of them, and how many are unread. */
export class Inbox {
  readonly feed = new WindowFeed<NotificationRow>('notifications', {
    filter: {},
    sort: 'newest',
    from: 0,
    count: shownMost,
  })
  readonly unread = $derived.by(() => {
    const told = this.feed.values['unread']
    return typeof told === 'number' ? told : 0
  })

  read(row: NotificationRow): Promise<boolean> {
    if (row.readAt !== null) return Promise.resolve(true)
    return attempt(() => act('/api/v1/notifications/actions/read', { ids: [row.id] }, Anything))
  }

  readAll(): Promise<boolean> {
    return attempt(() => act('/api/v1/notifications/actions/read-all', {}, Anything))
  }
}
