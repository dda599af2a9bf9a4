import type { AlarmRow } from '#contract/alarms'
import { usualSettings, type DisplaySettings, type OwnDisplay, type OwnDisplayRow } from '#contract/displays'
import type { HostRow } from '#contract/inventory'
import type { OrderRow } from '#contract/work-orders'
import { locale } from '../../i18n/locale.svelte.ts'
import { Collection } from '../../sync/collection.svelte.ts'
import { Connection } from '../../sync/connection.svelte.ts'
import { WindowFeed } from '../../sync/window-feed.svelte.ts'

const whole = { filter: {}, from: 0 }

/** What a wall holds: a few rows by rank of each view, and its own settings. Nothing here grows with time. */
export class WallFeeds {
  readonly connection = new Connection('wall')
  readonly newest = new WindowFeed<AlarmRow>('alarms', { ...whole, sort: 'newest', count: 3 })
  readonly oldest = new WindowFeed<AlarmRow>('alarms', {
    filter: { state: ['unacknowledged', 'rtn-unacknowledged'] },
    sort: 'oldest',
    from: 0,
    count: 1,
  })
  readonly hosts = new WindowFeed<HostRow>('hosts', { ...whole, sort: 'name', count: 200 })
  readonly orders = new WindowFeed<OrderRow>('work-orders', {
    filter: { state: ['running', 'scheduled'] },
    sort: 'state',
    from: 0,
    count: 3,
  })
  readonly #own = new Collection<OwnDisplayRow>('own-display', 10)
  readonly #display: OwnDisplay | null

  /** null: an operator looks at the wall for himself; it is as drawn, and silent. */
  constructor(display: OwnDisplay | null) {
    this.#display = display
  }

  get settings(): DisplaySettings {
    if (!this.#display)
      return { ...usualSettings, language: locale.current, sounds: { ...usualSettings.sounds, severities: [] } }
    void this.#own.painted
    return (this.#own.get(this.#display.operator.id) ?? this.#display).settings
  }

  start(): () => void {
    const feeds = [this.newest, this.oldest, this.hosts, this.orders, ...(this.#display ? [this.#own] : [])]
    const leave = feeds.map((feed) => this.connection.follow(feed))
    this.connection.start()
    return () => {
      for (const each of leave) each()
      this.connection.stop()
    }
  }
}
