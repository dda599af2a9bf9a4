import { OrderedResult, type DesktopRow } from '#contract/inventory'
import type { SnapshotFilter, SnapshotRow } from '#contract/snapshots'
import { Link } from '#contract/work-orders'
import type { Problem } from '#wire'
import { goto } from '$app/navigation'
import * as z from 'zod/mini'
import { problemText } from '../../i18n/common.ts'
import { count } from '../../i18n/time.ts'
import { Bulk } from '../../lists/bulk.svelte.ts'
import { nameOf, type ListPage } from '../../lists/list-page.svelte.ts'
import { session } from '../../session/session.svelte.ts'
import { act, asProblem } from '../../sync/send.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import type { OpenSnapshot } from './open-snapshot.svelte.ts'
import { whyDesktop, whyNothing, whyState, type Circumstances } from './reasons.ts'
import { snapshotText } from './texts.ts'

const Images = z.object({ images: z.array(Link) })

export interface RefusedDelete {
  message: string
  images: readonly Link[]
}

/** Images that stand in the way of a deletion. */
export const imagesOf = ({ params }: Problem): readonly Link[] => Images.safeParse(params).data?.images ?? []

/** Acts on one snapshot or on all that are selected; each goes on as a work order. */
export class SnapshotActs {
  readonly bulk = new Bulk()
  /** To be confirmed: nothing takes it back. */
  asking = $state.raw<{ verb: 'restore' | 'delete'; rows: readonly SnapshotRow[] } | null>(null)
  refused = $state.raw<RefusedDelete | null>(null)
  taking = $state(false)
  readonly #page: ListPage<SnapshotRow, SnapshotFilter>
  readonly #open: OpenSnapshot

  constructor(page: ListPage<SnapshotRow, SnapshotFilter>, open: OpenSnapshot) {
    this.#page = page
    this.#open = open
  }

  around = (id: string | null): Circumstances => ({
    mayWrite: session.can('snapshots:write'),
    cut: this.#page.cut,
    busy: id !== null && this.bulk.busy.has(id),
  })

  reasonTake = () => whyNothing(this.around(null))

  whyNotDelete = (row: SnapshotRow) => whyNothing(this.around(row.id)) ?? whyState(row, 'delete')

  /** `desktop`: as it is now; undefined: not known yet. */
  whyNotRestore(row: SnapshotRow, desktop: DesktopRow | null | undefined): string | null {
    const why = whyNothing(this.around(row.id)) ?? whyState(row, 'restore')
    if (why !== null) return why
    if (!desktop) return snapshotText(desktop === null ? 'whyGoneDesktop' : 'whyUnknownDesktop')
    return whyDesktop(desktop, 'restore')
  }

  /** What keys and the bar are about: the selection, else the row under the cursor, else the open one. */
  chosen(): readonly SnapshotRow[] {
    const chosen = this.#page.list.chosen()
    const { row, detail } = this.#open
    const one = row ?? detail
    return chosen.length || !one ? chosen : [one]
  }

  reasonDelete(): string | null {
    const rows = this.chosen()
    const [one] = rows
    if (!one) return snapshotText('choose')
    return rows.length === 1 ? this.whyNotDelete(one) : whyNothing(this.around(null))
  }

  reasonRestore(): string | null {
    const detail = this.#open.detail
    return detail ? this.whyNotRestore(detail, this.#open.desktop) : snapshotText('choose')
  }

  askDelete(rows: readonly SnapshotRow[] = this.chosen()) {
    if (rows.length) this.asking = { verb: 'delete', rows }
  }

  askRestore(row: SnapshotRow | null = this.#open.detail) {
    if (row) this.asking = { verb: 'restore', rows: [row] }
  }

  async confirm() {
    const { asking } = this
    this.asking = null
    const [one] = asking?.rows ?? []
    if (!asking || !one) return
    if (asking.verb === 'restore') await this.#restore(one)
    else if (asking.rows.length === 1) await this.#delete(one)
    else await this.#deleteAll(asking.rows.map(({ id }) => id))
  }

  async #restore(row: SnapshotRow) {
    const path = `/api/v1/snapshots/${encodeURIComponent(row.id)}/actions/restore`
    const done = await this.#one(row.id, () => act(path, {}, OrderedResult))
    if (done) tellOrder(snapshotText('restoring', { name: row.desktop.name }), done.order)
  }

  async #delete(row: SnapshotRow) {
    const path = `/api/v1/snapshots/${encodeURIComponent(row.id)}`
    const done = await this.#one(row.id, () => act(path, undefined, OrderedResult, { method: 'DELETE' }))
    if (done) tellOrder(snapshotText('deleting', { n: 1 }), done.order)
  }

  async #deleteAll(ids: readonly string[]) {
    const done = await this.bulk.run(ids, {
      title: snapshotText('deletedTitle'),
      path: '/api/v1/snapshots/actions/delete',
      bodyOf: (some) => ({ ids: some }),
    })
    if (done.length) toasts.done(snapshotText('deleting', { n: count(done.length) }))
    for (const { id } of done) this.#page.list.selected.delete(id)
  }

  async #one(id: string, work: () => Promise<OrderedResult>): Promise<OrderedResult | null> {
    this.bulk.busy.add(id)
    try {
      return await work()
    } catch (error) {
      this.#refuse(asProblem(error))
      return null
    } finally {
      this.bulk.busy.delete(id)
      void this.#open.read()
    }
  }

  #refuse(problem: Problem) {
    const images = imagesOf(problem)
    if (images.length) this.refused = { message: problemText(problem), images }
    else toasts.refused(problemText(problem), [problem.code, problem.trace].filter(Boolean).join(' · '))
  }
}

/** With the way to the order that carries it out. */
export function tellOrder(text: string, order: OrderedResult['order']) {
  toasts.done(
    text,
    order && { label: snapshotText('seeOrder'), run: () => void goto(`/work-orders/${nameOf(order.id)}`) },
  )
}
