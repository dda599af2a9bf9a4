import { SvelteSet } from 'svelte/reactivity'
import { verbs, type Verb } from '#machine/alarms'
import type { AlarmRow } from '#contract/alarms'
import { problemText } from '../../i18n/common.ts'
import { count } from '../../i18n/time.ts'
import { now } from '../../sync/now.svelte.ts'
import { actingIn } from '../../session/acting-in.ts'
import { isOpen, type Queued } from '../../sync/outbox.ts'
import { outboxOf, type Outbox } from '../../sync/outbox.svelte.ts'
import { asProblem } from '../../sync/send.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { fixSelection, sorted, type Body, type Everything, type Target } from './act-results.ts'
import { actText, doneWord } from './act-texts.ts'
import { acts, asks, firstVerb, reverseOf, whyNot, type ActId } from './acts.ts'
import type { Desk } from './desk.svelte.ts'
import type { Finished } from './history.svelte.ts'
import { combined, type Me } from './list-query.ts'
import { tellable } from './my-acts.ts'
import { phoneText } from './phone-texts.ts'
import type { Asking, Plan, Report } from './triage.svelte.ts'

/** What stands in place of a row's state while an act on it is under way. */
export interface UnderWay {
  kind: 'waiting' | 'sending'
  act: Queued | null
}

/** The server takes back so many at once. */
const mostUndone = 2000

/** Acts by thumb: kept in the phone first, then sent; nothing is shown as done before the list shows it. */
export class PhoneActs implements Asking {
  plan = $state.raw<Plan | null>(null)
  /** To be shelved: asked by a sheet of its own, where one tap says it. */
  shelving = $state.raw<Plan | null>(null)
  report = $state.raw<Report | null>(null)
  readonly outbox: Outbox
  readonly #desk: Desk
  /** Done, and the list is not there yet. */
  readonly #settling = new SvelteSet<string>()

  constructor(desk: Desk, me: Me) {
    this.#desk = desk
    const { connection } = desk.live
    this.outbox = outboxOf(me.id, {
      isConnected: () => connection.open && !desk.cut,
      ended: (act) => void this.#ended(act),
    })
  }

  /** The page goes away; what waits is sent all the same. */
  leave() {
    this.outbox.unwatch()
  }

  underWay(id: string): UnderWay | null {
    const act = this.outbox.acts.findLast(
      (each) => isOpen(each) && each.about.item === id && each.about.verb !== 'note',
    )
    if (act) return { kind: act.waited && act.state === 'waiting' ? 'waiting' : 'sending', act }
    return this.#settling.has(id) ? { kind: 'sending', act: null } : null
  }

  get told(): boolean {
    return tellable(this.outbox.acts).length > 0
  }

  /** Where a browser shows a number on the icon of an app. */
  countOnIcon(n: number) {
    if ('setAppBadge' in navigator) navigator.setAppBadge(n).catch(() => undefined) // not installed: there is no icon
  }

  verbOf(id: ActId, row: AlarmRow): Verb {
    return acts[id].verb(row, this.#desk.me)
  }

  /** Without a connection it may be done too: it waits. */
  reasonFor(row: Finished, verb: Verb): string | null {
    const { detail, mayTriage } = this.#desk
    const ended = row.endedAt !== undefined || (detail.gone && detail.row?.id === row.id)
    const open = this.outbox.acts.some((act) => isOpen(act) && act.about.item === row.id && act.about.verb === verb)
    const busy = verb !== 'note' && (open || this.#settling.has(row.id))
    if (this.outbox.full) return phoneText('queueFull')
    const reason = whyNot(row, verb, { mayTriage, cut: false, busy, ended, now: now.at })
    return reason === null && verb === 'release' && row.ownerId === null ? actText('whyUnowned') : reason
  }

  begin(id: ActId, row: AlarmRow) {
    const verb = this.verbOf(id, row)
    const plan = { verb, target: { ids: [row.id] }, n: 1, row, everything: null }
    if (verb === 'shelve') this.shelving = plan
    else if (asks[verb]) this.plan = plan
    else void this.carryOut(plan, {})
  }

  /** Fixed at the moment of asking; the question says how many. */
  async beginAll(id: 'acknowledge' | 'shelve') {
    const { query, me } = this.#desk
    const filter = combined(query, me, Date.now())
    if (filter === null) return
    try {
      const everything = await fixSelection(filter)
      if (everything.count > 0) this.#ask(id, everything)
    } catch (error) {
      toasts.refused(problemText(asProblem(error)))
    }
  }

  /** Shelved until another moment, or for another reason. */
  askFurther() {
    this.plan = this.shelving
    this.shelving = null
  }

  /** The connection came back, or went away. */
  follow({ open, cut }: { open: boolean; cut: boolean }) {
    if (open && !cut) this.outbox.wake()
    else this.outbox.cut()
  }

  giveUp() {
    this.plan = this.shelving = null
  }

  async carryOut({ verb, target, n, row }: Plan, body: Body): Promise<void> {
    this.plan = this.shelving = null
    // To take over from somebody one has to say whom one saw.
    const from = verb === 'claim' && row?.ownerId ? { from: row.ownerId } : {}
    const about = { verb, item: row?.id ?? null, name: row ? placeOf(row) : '', count: n }
    await this.#keep({ ...from, ...body }, row ? this.#baseOf(row, verb) : null, target, about)
  }

  async note(row: AlarmRow, text: string): Promise<boolean> {
    await this.carryOut({ verb: 'note', target: { ids: [row.id] }, n: 1, row, everything: null }, { text })
    return true
  }

  retry({ verb, body, refused }: Report) {
    this.report = null
    // As many as one request takes; a phone is not where thousands are tried again one by one.
    const ids = refused.slice(0, 500).map(({ id }) => id)
    void this.#keep(body, null, { ids }, { verb, item: null, name: '', count: ids.length })
  }

  nameOf(id: string): string {
    const row = this.#desk.list.get(id)
    return row ? placeOf(row) : id
  }

  look(act: Queued) {
    const verb = verbOfAct(act)
    if (verb && act.results) this.report = { verb, body: act.body, ...sorted(act.results) }
  }

  #ask(id: 'acknowledge' | 'shelve', everything: Everything) {
    const verb = firstVerb(id)
    const plan = { verb, target: { selection: everything.id }, n: everything.count, row: undefined, everything }
    if (verb === 'shelve') this.shelving = plan
    else this.plan = plan
  }

  /** What the person saw; a note says what it says whatever happened since. */
  #baseOf({ id }: AlarmRow, verb: Verb): Queued['base'] {
    const { list, detail } = this.#desk
    const v = list.version(id) ?? (detail.row?.id === id ? detail.version() : undefined)
    return v === undefined || verb === 'note' ? null : { id, v }
  }

  async #keep(body: Body, base: Queued['base'], target: Target, about: Queued['about']) {
    const at = Date.now() + now.skew
    const path = `/api/v1/alarms/actions/${about.verb}`
    try {
      await this.outbox.add({ at, path, tenant: actingIn(), base, about, body: base ? body : { ...body, ...target } })
    } catch (error) {
      toasts.refused(problemText(asProblem(error)))
    }
  }

  /** Refusals, and what had to wait, stay in the list of one's acts until they are read; the rest is said in passing. */
  async #ended(act: Queued) {
    const all = sorted(act.results ?? [])
    const verb = verbOfAct(act)
    if (!verb || act.state === 'refused') return
    if (!act.waited && all.refused.length === 0) {
      this.#say(act, verb)
      await this.outbox.dismiss(act.key)
    }
    const { item } = act.about
    const v = all.changed[0]?.v
    if (item !== null && v !== undefined) await this.#untilShown(item, v)
  }

  async #untilShown(item: string, v: number) {
    this.#settling.add(item)
    const shown = await this.#desk.list.reached(item, v)
    this.#settling.delete(item)
    if (!shown) toasts.add({ kind: 'note', text: actText('notYetShown') })
  }

  #say(act: Queued, verb: Verb) {
    const { changed, already } = sorted(act.results ?? [])
    const done = doneWord(verb, { n: count(changed.length) })
    const numbers = { already: count(already.length) }
    if (changed.length === 0) return toasts.done(actText('allAlready', numbers))
    const undo = this.undoOf(act)
    const label = { label: actText('undo'), run: () => undo?.() }
    return toasts.done(
      already.length > 0 ? actText('withAlready', { done, ...numbers }) : done,
      undo ? label : undefined,
    )
  }

  /** Takes back exactly what that act did: what somebody did since stays. */
  undoOf(act: Queued): (() => void) | null {
    const verb = verbOfAct(act)
    const items = sorted(act.results ?? []).changed.flatMap(({ id, v }) => (v === undefined ? [] : [{ id, v }]))
    const { from } = act.body
    const reverse = verb && reverseOf(verb, typeof from === 'string' ? from : null)
    if (!reverse || items.length === 0 || items.length > mostUndone) return null
    const [only] = items
    const base = items.length === 1 && only ? only : null
    const about = { ...act.about, verb: reverse.verb, count: items.length }
    return () => void this.#keep(reverse.body, base, { items }, about)
  }
}

const placeOf = ({ desktop, host, type }: AlarmRow) => desktop ?? host ?? type
const verbOfAct = ({ about }: Queued): Verb | undefined => verbs.find((known) => known === about.verb)
