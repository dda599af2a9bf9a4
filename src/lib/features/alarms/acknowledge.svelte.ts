import { SvelteSet } from 'svelte/reactivity'
import * as z from 'zod/mini'
import { isUnacknowledged, type AlarmRow } from '#contract/alarms'
import { ActResult } from '#wire'
import { problemText } from '../../i18n/common.ts'
import { hourMinuteSecond } from '../../i18n/time.ts'
import type { Collection } from '../../sync/collection.svelte.ts'
import { act, asProblem } from '../../sync/send.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { alarmText } from './texts.ts'

const Results = z.object({ results: z.array(ActResult) })
const mostAtOnce = 500

/** Acknowledging: the rows' controls wait until the list shows it; refusals name who was first. */
export class Acknowledging {
  readonly busy = new SvelteSet<string>()
  readonly #alarms: Collection<AlarmRow>

  constructor(alarms: Collection<AlarmRow>) {
    this.#alarms = alarms
  }

  async run(rows: readonly AlarmRow[]): Promise<void> {
    const wanted = rows.filter((row) => isUnacknowledged(row.state) && !this.busy.has(row.id))
    if (wanted.length === 0) return
    for (const row of wanted) this.busy.add(row.id)
    try {
      const results: ActResult[] = []
      for (let from = 0; from < wanted.length; from += mostAtOnce) {
        const ids = wanted.slice(from, from + mostAtOnce).map((row) => row.id)
        results.push(...(await act('/api/v1/alarms/actions/acknowledge', { ids }, Results)).results)
      }
      this.#say(wanted, results)
      const shown = await Promise.all(results.map((result) => this.#shown(result)))
      if (shown.includes(false)) toasts.add({ kind: 'note', text: alarmText('notYetShown') })
    } catch (error) {
      const problem = asProblem(error)
      toasts.refused(problemText(problem), problem.trace && `${problem.code} · ${problem.trace}`)
    } finally {
      for (const row of wanted) this.busy.delete(row.id)
    }
  }

  #shown(result: ActResult): Promise<boolean> {
    return result.ok && result.v !== undefined ? this.#alarms.reached(result.id, result.v) : Promise.resolve(true)
  }

  #say(wanted: readonly AlarmRow[], results: readonly ActResult[]) {
    const refused = results.filter((result) => !result.ok)
    const already = results.filter((result) => result.ok && result.changed === false).length
    const changed = results.length - refused.length - already
    const only = results.length === 1 ? refused[0] : undefined
    if (only) return this.#sayRefused(wanted[0], only)
    if (refused.length > 0) {
      toasts.refused(alarmText('doneMixed', { total: results.length, changed, already, refused: refused.length }))
    } else if (already > 0) toasts.done(alarmText('doneAlready', { changed, already }))
    else toasts.done(alarmText('done', { n: changed }))
  }

  #why(result: ActResult): string | undefined {
    if (!result.problem) return undefined
    // Acknowledged by somebody after it had cleared: it is finished, and with it gone from the list.
    return result.problem.code === 'request.not-found' ? alarmText('reasonEnded') : problemText(result.problem)
  }

  #sayRefused(row: AlarmRow | undefined, result: ActResult) {
    const current = this.#alarms.get(result.id) ?? row
    const winner = current?.acknowledgedBy
    const desktop = current?.desktop ?? current?.host ?? result.id
    if (winner && current.acknowledgedAt !== null) {
      toasts.refused(alarmText('wonBy', { name: winner, time: hourMinuteSecond(current.acknowledgedAt) }), desktop)
    } else {
      toasts.refused(alarmText('refusedOne', { desktop }), this.#why(result))
    }
  }
}
