import { SvelteSet } from 'svelte/reactivity'
import type { AlarmRow } from '#contract/alarms'
import type { Verb } from '#machine/alarms'
import type { ActResult } from '#wire'
import { problemText } from '../../i18n/common.ts'
import { count } from '../../i18n/time.ts'
import { now } from '../../sync/now.svelte.ts'
import { asProblem } from '../../sync/send.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import {
  fixSelection,
  perform,
  sorted,
  whyRefused,
  type Body,
  type Everything,
  type Sorted,
  type Target,
} from './act-results.ts'
import { actText, doneWord, verbWord } from './act-texts.ts'
import { acts, asks, firstVerb, reverseOf, whyNot, type ActId } from './acts.ts'
import type { Desk } from './desk.svelte.ts'
import type { Finished } from './history.svelte.ts'
import { combined } from './list-query.ts'

/** What is about to be done, while it is being asked about. */
export interface Plan {
  verb: Verb
  target: Target
  n: number
  row: AlarmRow | undefined
  everything: Everything | null
}

/** What came of an act on several, for whoever wants to look at it row by row. */
export interface Report extends Sorted {
  verb: Verb
  body: Body
}

/** What dialogs ask of whoever acts. */
export interface Asking {
  plan: Plan | null
  report: Report | null
  carryOut: (plan: Plan, body: Body) => Promise<void>
  giveUp: () => void
  nameOf: (id: string) => string
  retry: (report: Report) => void
}

const undoMs = 60_000
/** Reversible acts on fewer than this are done at once. */
const confirmFrom = 100
/** Rows that a control waits for. */
const mostWaited = 500

/** Acts on what is chosen: the rows' controls wait until the list shows it, refusals name who was first. */
export class Triage {
  readonly busy = new SvelteSet<string>()
  plan = $state.raw<Plan | null>(null)
  report = $state.raw<Report | null>(null)
  everything = $state.raw<Everything | null>(null)
  undoable = $state.raw<{ run: () => void } | null>(null)
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  verbOf(id: ActId, row: AlarmRow | undefined): Verb {
    return row && this.everything === null ? acts[id].verb(row, this.#desk.me) : firstVerb(id)
  }

  reasonFor(row: Finished, verb: Verb): string | null {
    const { detail, mayTriage, cut } = this.#desk
    const ended = row.endedAt !== undefined || (detail.gone && detail.row?.id === row.id)
    const reason = whyNot(row, verb, { mayTriage, cut, busy: this.busy.has(row.id), ended, now: now.at })
    if (reason === null && verb === 'release' && row.ownerId === null) return actText('whyUnowned')
    return reason
  }

  /** Of what is chosen: the selection, the row under the cursor, or the open one. */
  reason(id: ActId): string | null {
    const { mayTriage, cut, list, detail } = this.#desk
    if (!mayTriage) return actText('reasonRole')
    if (this.everything || list.selected.size > 1) return cut ? actText('reasonOffline') : null
    const row = list.chosen()[0] ?? detail.row
    return row ? this.reasonFor(row, this.verbOf(id, row)) : actText('whyNothing')
  }

  /** Asks first where something has to be said, or where many are about to change. */
  begin(id: ActId, row?: AlarmRow) {
    const { list, detail } = this.#desk
    const chosen = row ? [row] : list.chosen()
    const first = chosen[0] ?? detail.row ?? undefined
    const everything = row ? null : this.everything
    const ids = row || list.selected.size === 0 ? (first ? [first.id] : []) : [...list.selected]
    const n = everything?.count ?? ids.length
    if (n === 0) return
    const verb = this.verbOf(id, first)
    const target: Target = everything ? { selection: everything.id } : { ids }
    const plan = { verb, target, n, row: n === 1 ? first : undefined, everything }
    if (asks[verb] || everything || n >= confirmFrom) this.plan = plan
    else void this.carryOut(plan, {})
  }

  async carryOut({ verb, target, n, row, everything }: Plan, body: Body): Promise<void> {
    this.plan = null
    // To take over from somebody one has to say whom one saw.
    const from = verb === 'claim' && row?.ownerId ? { from: row.ownerId } : {}
    const carried = await this.run(verb, target, { ...from, ...body }, (results) => {
      this.#say(verb, body, sorted(results), row)
    })
    if (!carried) return
    if (everything) this.everything = null
    if (n > 1) this.#desk.list.selected.clear()
  }

  /** False when it could not be asked. */
  async run(verb: Verb, target: Target, body: Body, say: (results: readonly ActResult[]) => void): Promise<boolean> {
    const ids = 'ids' in target ? target.ids : 'items' in target ? target.items.map(({ id }) => id) : []
    for (const id of ids) this.busy.add(id)
    let partly: readonly ActResult[] = []
    try {
      const results = await perform(verb, target, body, (soFar) => (partly = soFar))
      say(results)
      if (!(await this.#shown(results))) toasts.add({ kind: 'note', text: actText('notYetShown') })
      return true
    } catch (error) {
      const problem = asProblem(error)
      const why = problemText(problem)
      const text = partly.length > 0 ? actText('stopped', { n: count(partly.length), why }) : why
      toasts.refused(text, problem.trace && `${problem.code} · ${problem.trace}`)
      return false
    } finally {
      for (const id of ids) this.busy.delete(id)
    }
  }

  /** Fixed at this moment: what comes later is not meant. */
  async selectEverything(): Promise<void> {
    const { query, me, list } = this.#desk
    const filter = combined(query, me, Date.now())
    if (filter === null) return
    try {
      this.everything = await fixSelection(filter)
      list.selected.clear()
    } catch (error) {
      toasts.refused(problemText(asProblem(error)))
    }
  }

  giveUp() {
    this.plan = null
  }

  selectNone() {
    this.everything = null
    this.#desk.list.selected.clear()
  }

  retry({ verb, body, refused }: Report) {
    this.report = null
    void this.run(verb, { ids: refused.map(({ id }) => id) }, body, (results) => {
      this.#say(verb, body, sorted(results), undefined)
    })
  }

  /** For acts whose success is seen where they were made. */
  sayRefusals = (results: readonly ActResult[]) => {
    for (const { id, problem } of sorted(results).refused) toasts.refused(whyRefused(problem), this.nameOf(id))
  }

  nameOf(id: string): string {
    const row = this.#desk.list.get(id) ?? this.#desk.live.alarms.get(id)
    return row?.desktop ?? row?.host ?? id
  }

  async #shown(results: readonly ActResult[]): Promise<boolean> {
    const waited = results.slice(0, mostWaited).map(({ id, ok, v }) => {
      return ok && v !== undefined ? this.#desk.list.reached(id, v) : Promise.resolve(true)
    })
    return !(await Promise.all(waited)).includes(false)
  }

  #say(verb: Verb, body: Body, all: Sorted, row: AlarmRow | undefined) {
    const { changed, already, refused } = all
    const undo = this.#undoOf(verb, changed, row)
    const [only] = refused
    if (only && changed.length + already.length === 0 && refused.length === 1) {
      const why = whyRefused(only.problem)
      toasts.refused(actText('refusedTitle', { verb: verbWord(verb), why }), this.nameOf(only.id))
      return
    }
    const numbers = { already: count(already.length), refused: count(refused.length) }
    const done = doneWord(verb, { n: count(changed.length) })
    const look = { label: actText('view'), run: () => (this.report = { verb, body, ...all }) }
    if (refused.length > 0) toasts.refused(actText('withRefused', { done, ...numbers }), undefined, look)
    else if (changed.length === 0) toasts.done(actText('allAlready', numbers), look)
    else toasts.done(already.length > 0 ? actText('withAlready', { done, ...numbers }) : done, undo ?? undefined)
  }

  /** Takes back exactly what that act did: what somebody did since stays. */
  #undoOf(verb: Verb, changed: readonly ActResult[], row: AlarmRow | undefined) {
    const reverse = reverseOf(verb, row?.ownerId)
    const items = changed.flatMap(({ id, v }) => (v === undefined ? [] : [{ id, v }]))
    if (!reverse || items.length === 0) return null
    const run = () => {
      this.undoable = null
      void this.run(reverse.verb, { items }, reverse.body, sayUndone)
    }
    this.undoable = { run }
    setTimeout(() => {
      if (this.undoable?.run === run) this.undoable = null
    }, undoMs)
    return { label: actText('undo'), cap: 'Z', run }
  }
}

function sayUndone(results: readonly ActResult[]) {
  const { changed, already, refused } = sorted(results)
  const n = count(changed.length + already.length)
  if (refused.length > 0) toasts.refused(actText('undonePartly', { n, refused: count(refused.length) }))
  else toasts.done(actText('undone', { n }))
}
