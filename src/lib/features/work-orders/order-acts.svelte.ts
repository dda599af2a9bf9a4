import { SvelteSet } from 'svelte/reactivity'
import * as z from 'zod/mini'
import { OrderState, type OrderFilter, type OrderRow, type OrderVerb } from '#contract/work-orders'
import { ActResult, type Problem } from '#wire'
import { attempt } from '../../console/attempt.ts'
import { problemText } from '../../i18n/common.ts'
import { count } from '../../i18n/time.ts'
import type { ListPage } from '../../lists/list-page.svelte.ts'
import { session } from '../../session/session.svelte.ts'
import { act, asProblem } from '../../sync/send.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { reverses, whyNot, whyNothing, type Circumstances } from './acts.ts'
import type { OpenOrder } from './open-order.svelte.ts'
import { orderText } from './texts.ts'
import { verbWord } from './words.ts'

const Results = z.object({ results: z.array(ActResult) })
const Offenders = z.object({ offenders: z.array(z.object({ id: z.string(), state: OrderState })) })
export type Offender = z.infer<typeof Offenders>['offenders'][number]

export interface RefusedBatch {
  verb: OrderVerb
  message: string
  offenders: readonly Offender[]
}

/** Acts on one order or on all that are selected; a batch changes all of them or none. */
export class OrderActs {
  readonly busy = new SvelteSet<string>()
  /** To be confirmed: nothing takes it back. */
  asking = $state.raw<{ verb: OrderVerb; ids: readonly string[] } | null>(null)
  refused = $state.raw<RefusedBatch | null>(null)
  readonly #page: ListPage<OrderRow, OrderFilter>
  readonly #open: OpenOrder

  constructor(page: ListPage<OrderRow, OrderFilter>, open: OpenOrder) {
    this.#page = page
    this.#open = open
  }

  around = (id: string | null): Circumstances => ({
    mayWrite: session.can('work-orders:write'),
    cut: this.#page.cut,
    busy: id !== null && this.busy.has(id),
  })

  whyNot = (row: OrderRow, verb: OrderVerb) => whyNot(row, verb, this.around(row.id))

  /** Why a key or button does nothing now. Of several the server decides: its sentence names who stands in the way. */
  reason(verb: OrderVerb): string | null {
    const { selected } = this.#page.list
    if (selected.size > 0) return whyNothing(this.around(null))
    const row = this.#one()
    return row ? this.whyNot(row, verb) : orderText('choose')
  }

  begin(verb: OrderVerb, row?: OrderRow) {
    const { selected } = this.#page.list
    const one = row ?? (selected.size === 0 ? this.#one() : undefined)
    const ids = one ? [one.id] : [...selected]
    if (ids.length === 0) return
    if (verb === 'cancel') this.asking = { verb, ids }
    else void this.run(verb, ids)
  }

  async run(verb: OrderVerb, ids: readonly string[]): Promise<void> {
    this.asking = null
    for (const id of ids) this.busy.add(id)
    const [first = ''] = ids
    const done =
      ids.length === 1
        ? await attempt(() => act(`/api/v1/work-orders/${encodeURIComponent(first)}/actions/${verb}`, {}, ActResult))
        : await this.#batch(verb, ids)
    for (const id of ids) this.busy.delete(id)
    void this.#open.read()
    if (!done) return
    const reverse = reverses[verb]
    const undo = reverse && { label: verbWord(reverse), run: () => void this.run(reverse, ids) }
    toasts.done(orderText('did', { verb: verbWord(verb), n: count(ids.length) }), undo)
    if (ids.length > 1) this.#page.list.selected.clear()
  }

  drop(offenders: readonly Offender[]) {
    for (const { id } of offenders) this.#page.list.selected.delete(id)
    this.refused = null
  }

  async #batch(verb: OrderVerb, ids: readonly string[]): Promise<boolean> {
    try {
      await act(`/api/v1/work-orders/actions/${verb}`, { ids }, Results)
      return true
    } catch (error) {
      this.#refuse(verb, asProblem(error))
      return false
    }
  }

  #refuse(verb: OrderVerb, problem: Problem) {
    const { data } = Offenders.safeParse(problem.params)
    if (data) this.refused = { verb, message: problem.detail, offenders: data.offenders }
    else toasts.refused(problemText(problem), problem.trace && `${problem.code} · ${problem.trace}`)
  }

  #one(): OrderRow | undefined {
    return this.#page.list.chosen()[0] ?? this.#open.detail ?? undefined
  }
}
