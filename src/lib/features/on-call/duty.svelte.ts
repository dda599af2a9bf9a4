import type { EscalationRow, PolicyRow, ScheduleRow, Shift } from '#contract/on-call'
import type { OperatorRow } from '#contract/tenants'
import type { Connection } from '../../sync/connection.svelte.ts'
import { Collection } from '../../sync/collection.svelte.ts'
import { WindowFeed } from '../../sync/window-feed.svelte.ts'

/** Who has it at that moment, and who after him. */
export function turnOf({ shifts }: ScheduleRow, at: number): { now: Shift | undefined; next: Shift | undefined } {
  const now = shifts.find(({ from, to }) => from <= at && at < to)
  return { now, next: shifts.find(({ from }) => from >= (now?.to ?? at)) }
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
const sorted = <T extends { name: string }>(rows: Collection<T>) => (void rows.painted, [...rows.rows()].sort(byName))

/** Everything the page of who is on call shows, live. */
export class Duty {
  readonly #schedules = new Collection<ScheduleRow>('on-call-schedules', 10_000)
  readonly #policies = new Collection<PolicyRow>('escalation-policies', 10_000)
  readonly #operators = new Collection<OperatorRow>('operators', 10_000)
  readonly escalations = new WindowFeed<EscalationRow>('escalations', {
    filter: {},
    sort: 'newest',
    from: 0,
    count: 50,
  })
  readonly schedules = $derived(sorted(this.#schedules))
  readonly policies = $derived(sorted(this.#policies))
  /** Who may be rostered: an account that is switched off is called by nobody. */
  readonly operators = $derived(sorted(this.#operators).filter(({ disabled, role }) => !disabled && role !== 'viewer'))
  readonly known = $derived(this.#schedules.whole && this.#policies.whole)

  follow(connection: Connection): () => void {
    const feeds = [this.#schedules, this.#policies, this.#operators, this.escalations]
    const stops = feeds.map((feed) => connection.follow(feed))
    return () => stops.forEach((stop) => stop())
  }

  nameOf = (operator: string) =>
    (void this.#operators.painted, this.#operators.get(operator)?.name) ?? operator.slice(operator.lastIndexOf(':') + 1)
  scheduleName = (id: string) => (void this.#schedules.painted, this.#schedules.get(id)?.name) ?? '–'
}
