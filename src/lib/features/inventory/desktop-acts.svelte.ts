import { goto } from '$app/navigation'
import type { DesktopFilter, DesktopRow } from '#contract/inventory'
import { Bulk, type Asked, type Done } from '../../lists/bulk.svelte.ts'
import type { ListPage } from '../../lists/list-page.svelte.ts'
import { session } from '../../session/session.svelte.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { actWord, whyNot, whyNothing, type Act, type Circumstances } from './acts.ts'
import type { OpenDesktop } from './open-desktop.svelte.ts'
import { desktopText } from './texts.ts'

export interface Asking {
  act: Act
  ids: readonly string[]
}

/** Acts on one desktop or on all that are selected; each is done or refused by itself. */
export class DesktopActs {
  readonly bulk = new Bulk()
  /** To be confirmed, or to be given a name. */
  asking = $state.raw<Asking | null>(null)
  readonly #page: ListPage<DesktopRow, DesktopFilter>
  readonly #open: OpenDesktop

  constructor(page: ListPage<DesktopRow, DesktopFilter>, open: OpenDesktop) {
    this.#page = page
    this.#open = open
  }

  around = (id: string | null): Circumstances => ({
    may: (right) => session.can(right),
    cut: this.#page.cut,
    busy: id !== null && this.bulk.busy.has(id),
  })

  whyNot = (row: DesktopRow, act: Act) => whyNot(row, act, this.around(row.id))

  /** Why a key or button does nothing now. Of several the server decides for each. */
  reason(act: Act): string | null {
    if (this.#page.list.selected.size > 0) return whyNothing(act, this.around(null))
    const row = this.#one()
    return row ? this.whyNot(row, act) : desktopText('choose')
  }

  nameOf = (id: string) => this.rowOf(id)?.name ?? id.slice(id.indexOf(':') + 1)
  whatOf = (ids: readonly string[]) =>
    ids.length === 1 ? this.nameOf(ids[0] ?? '') : desktopText('several', { n: ids.length })

  rowOf(id: string): DesktopRow | undefined {
    return this.#page.list.get(id) ?? (this.#open.row?.id === id ? this.#open.row : undefined)
  }

  begin(act: Act, row?: DesktopRow) {
    const { selected } = this.#page.list
    const one = row ?? (selected.size === 0 ? this.#one() : undefined)
    const ids = one ? [one.id] : [...selected]
    if (ids.length === 0) return
    if (this.#mustAsk(act, ids)) this.asking = { act, ids }
    else void this.run(act, ids, requestOf(act))
  }

  async run(act: Act, ids: readonly string[], request: Omit<Asked, 'title'>): Promise<void> {
    this.asking = null
    const done = await this.bulk.run(ids, { title: actWord(act), ...request })
    void this.#open.read()
    if (ids.length > 1) for (const { id } of done) this.#page.list.selected.delete(id)
    if (done.length > 0) this.#told(act, done)
  }

  #told(act: Act, done: readonly Done[]) {
    const orders = done.flatMap(({ order }) => order ?? [])
    const one = orders.length === 1 ? orders[0] : undefined
    const path = one ? `/work-orders/${encodeURIComponent(one.number)}` : '/work-orders'
    const see = { label: desktopText(one ? 'seeOrder' : 'seeOrders'), run: () => void goto(path) }
    const text = desktopText('did', { verb: actWord(act), what: this.whatOf(done.map(({ id }) => id)) })
    toasts.done(text, orders.length > 0 ? see : undefined)
  }

  /** Whoever works on a desktop is not cut off by a slip of the hand; what nothing takes back is always asked. */
  #mustAsk(act: Act, ids: readonly string[]): boolean {
    if (act === 'power-on') return false
    if (act !== 'power-off' && act !== 'restart') return true
    return ids.length > 1 || this.rowOf(ids[0] ?? '')?.runState === 'online'
  }

  #one(): DesktopRow | undefined {
    return this.#page.list.chosen()[0] ?? this.#open.row ?? undefined
  }
}

export function requestOf(act: Act): Omit<Asked, 'title'> {
  const verb = act === 'force' ? 'power-off' : act
  return {
    path: `/api/v1/desktops/actions/${verb}`,
    bodyOf: (ids) => ({ ids, ...(act === 'force' && { force: true }) }),
  }
}
