import { onMount, untrack } from 'svelte'
import { page } from '$app/state'
import { useLive } from '../../console/live.ts'
import { session } from '../../session/session.svelte.ts'
import { isCut } from '../../sync/liveness.ts'
import { now } from '../../sync/now.svelte.ts'
import { peopleIn } from '../../sync/presence.ts'
import { AlarmList } from './alarm-list.svelte.ts'
import { countersOf } from '../../sync/counters.ts'
import { History } from './history.svelte.ts'
import { effective, parseQuery, type ListQuery } from './list-query.ts'
import { OpenAlarm } from './open-alarm.svelte.ts'
import { visit } from './visit.ts'

/** What desk and phone have in common: the question in the URL, the list, the open alarm, and who else is here. */
export class Desk {
  readonly live = useLive()
  readonly query = $derived(parseQuery(page.url.searchParams))
  readonly me = $derived(session.current?.operator ?? null)
  readonly list = new AlarmList(this.live, parseQuery(page.url.searchParams), () => this.me)
  readonly history = new History()
  readonly detail = new OpenAlarm(this.live, this.list, this.history)
  readonly liveness = $derived((void now.at, this.live.connection.liveness()))
  readonly cut = $derived(isCut(this.liveness))
  readonly counters = $derived(countersOf(this.live.alarms.values))
  readonly others = $derived(peopleIn(this.live.alarms.values).filter((each) => each.operator !== this.me?.id))
  readonly mayTriage = $derived(session.can('alarms:triage'))
  /** Something is typed into the open alarm. */
  editing = $state(false)
  // One string per question, so that opening a row does not ask the list anew.
  readonly #asked = $derived(JSON.stringify({ ...this.query, open: null }))
  readonly #onanswer: () => void

  /** To be made while its page is: `onanswer` when another question was asked. */
  constructor(onanswer: () => void) {
    this.#onanswer = onanswer
    $effect(() => this.#ask(this.#asked, this.live.alarms.large))
    $effect(() => this.#open(this.query.open))
    $effect(() => this.#look(this.query.open, this.editing))
    $effect(() => this.#hold(this.list.hand))
    $effect(() => {
      void this.live.alarms.painted
      untrack(() => this.detail.refresh())
    })
    onMount(() => {
      const moving = setInterval(() => this.list.refilter(), 30_000)
      return () => {
        clearInterval(moving)
        this.list.stop()
        this.detail.stop()
        this.#look(null, false)
      }
    })
  }

  hereOn = (id: string) => this.others.filter((each) => each.item === id)
  change = (next: ListQuery) => visit(page.url.pathname, next)
  open = (id: string | null) => this.change({ ...this.query, open: id })

  #ask(asked: string, _large: boolean) {
    // What `asked` was made of.
    const next = JSON.parse(asked) as ListQuery
    untrack(() => {
      this.list.ask(next)
      if (next.tab === 'history') this.history.ask(effective(next, Date.now()))
      this.#onanswer()
    })
  }

  #open(item: string | null) {
    untrack(() => {
      this.list.opened = item
      void this.detail.open(item)
    })
  }

  #look(item: string | null, editing: boolean) {
    const act = editing && item !== null ? 'editing' : 'looking'
    untrack(() => this.live.connection.look({ view: 'alarms', item, act }))
  }

  #hold(hand: boolean) {
    untrack(() => this.list.hold(hand))
  }
}
