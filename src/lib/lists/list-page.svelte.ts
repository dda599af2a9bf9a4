import { onMount, untrack } from 'svelte'
import { goto } from '$app/navigation'
import { page } from '$app/state'
import type { ViewContract } from '#wire'
import { useLive } from '../console/live.ts'
import { narrow } from '../console/narrow.svelte.ts'
import { session } from '../session/session.svelte.ts'
import { Collection } from '../sync/collection.svelte.ts'
import { countersOf } from '../sync/counters.ts'
import { isCut } from '../sync/liveness.ts'
import { LiveList } from '../sync/live-list.svelte.ts'
import { now } from '../sync/now.svelte.ts'
import { namesOf, peopleIn } from '../sync/presence.ts'
import { filterOf, parseQuery, toParams, type ListQuery, type Questions, type Values } from './list-query.ts'

export interface ListPageOptions<T, F> {
  contract: ViewContract<T, F>
  /** Rows held whole on a desk; of more, and on a phone, only what is looked at. */
  most: number
  /** `/work-orders`: one item is `/work-orders/<id>`. */
  path: string
  questions: Questions
  /** What a tab asks besides the filter; null: it shows no rows of the view. */
  tabValues: (tab: string) => Values | null
  /** Another question was asked. */
  onanswer?: () => void
}

/** A page of one live list: its question is the address, its item is the path, and who is here is told to the others. */
export class ListPage<T extends { id: string }, F extends object> {
  readonly live = useLive()
  readonly rows: Collection<T>
  readonly list: LiveList<T, F>
  readonly query = $derived.by((): ListQuery => parseQuery(page.url.searchParams, this.options.questions))
  readonly open = $derived.by(() => idOf(page.params['id']))
  readonly liveness = $derived((void now.at, this.live.connection.liveness()))
  readonly cut = $derived.by(() => isCut(this.liveness))
  readonly counters = $derived.by(() => countersOf(this.rows.values))
  readonly people = $derived.by(() => peopleIn(this.rows.values))
  readonly names = $derived.by(() => namesOf(this.people))
  readonly filtered = $derived.by(() => Object.keys(this.query.values).length > 0)
  readonly mayRead: boolean
  readonly options: ListPageOptions<T, F>
  // One string per question, so that opening a row does not ask the list anew.
  readonly #asked = $derived.by(() => JSON.stringify(this.query))

  /** To be made while its page is. */
  constructor(options: ListPageOptions<T, F>) {
    const { contract, most } = options
    this.options = options
    this.mayRead = session.can(contract.permission)
    this.rows = new Collection<T>(contract.name, narrow.yes ? 0 : most)
    this.list = new LiveList({ contract, rows: this.rows, connection: this.live.connection })
    if (!this.mayRead) return
    $effect(() => this.#ask(this.#asked, this.rows.large))
    $effect(() => this.#look(this.open))
    $effect(() => {
      const { hand } = this.list
      untrack(() => this.list.hold(hand))
    })
    onMount(() => this.#begin())
  }

  /** Others who have this open. */
  hereOn = (id: string) =>
    this.people.filter(({ item, operator }) => item === id && operator !== session.current?.operator.id)
  change = (next: ListQuery) => this.#go(page.params['id'], next)
  show = (id: string | null) => this.#go(id === null ? undefined : nameOf(id), this.query)
  /** The cursor moved: with the detail open one reads on from one to the next. */
  readOn() {
    const { cursor } = this.list
    if (this.open !== null && cursor !== null && !narrow.yes) this.show(cursor)
  }
  hrefOf = (id: string) => this.#href(nameOf(id), this.query)
  /** How many there would be; null: not known here. */
  count = (query: ListQuery) => this.list.matching(this.filterOf(query))

  filterOf(query: ListQuery): F | null {
    const { contract, tabValues } = this.options
    const also = tabValues(query.tab)
    const both = also && intersected(query.values, also)
    return both && filterOf(contract.filter, both)
  }

  #href(id: string | undefined, query: ListQuery): string {
    const { path, questions } = this.options
    const params = toParams(query, questions).toString()
    return `${path}${id ? `/${encodeURIComponent(id)}` : ''}${params ? `?${params}` : ''}`
  }

  #go(id: string | undefined, query: ListQuery) {
    // On a phone an item is a page of its own, and "back" leads to the list.
    const replaceState = !narrow.yes || id === page.params['id']
    void goto(this.#href(id, query), { replaceState, keepFocus: true, noScroll: true })
  }

  #begin() {
    const { connection } = this.live
    const leave = connection.follow(this.rows)
    return () => {
      leave()
      this.list.stop()
      connection.look({ view: 'alarms', item: null, act: 'looking' })
    }
  }

  #ask(asked: string, _large: boolean) {
    // What `asked` was made of.
    const next = JSON.parse(asked) as ListQuery
    untrack(() => {
      this.list.find(this.filterOf(next), next.sort)
      this.options.onanswer?.()
    })
  }

  #look(item: string | null) {
    untrack(() => {
      this.list.opened = item
      this.live.connection.look({ view: this.options.contract.name, item, act: 'looking' })
    })
  }
}

/** The path names things without their tenant. */
export const nameOf = (id: string) => id.slice(id.indexOf(':') + 1)

function idOf(name: string | undefined): string | null {
  if (name === undefined) return null
  const tenant = session.current?.tenant.code ?? ''
  return name.startsWith(`${tenant}:`) ? name : `${tenant}:${name}`
}

/** Both conditions of a list of choices; null: nothing is left to choose. */
function intersected(values: Values, also: Values): Values | null {
  const both: Record<string, Values[string]> = { ...values }
  for (const [key, value] of Object.entries(also)) {
    const asked = both[key]
    const shared = Array.isArray(asked) && Array.isArray(value) ? value.filter((each) => asked.includes(each)) : value
    if (Array.isArray(shared) && shared.length === 0) return null
    both[key] = shared
  }
  return both
}
