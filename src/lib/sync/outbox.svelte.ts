import { isOpen, added, lineName, dismissed, held, isFull, tidied, withdrawn } from './outbox.ts'
import type { Decided, Line, Queued } from './outbox.ts'
import { flush } from './outbox-sender.ts'
import { DurableLine, FleetingLine, type LineStore } from './outbox-store.ts'

const firstWaitMs = 1_000
const mostWaitMs = 30_000

/** Whoever shows the acts, while he does. */
export interface Watching {
  isConnected: () => boolean
  ended: (act: Queued) => void
}
const nobody: Watching = { isConnected: () => false, ended: () => undefined }

/** The acts of one operator in this browser: kept before they are sent, sent when they can be, told when they are settled. */
export class Outbox {
  /** His own, in order. */
  acts = $state.raw<readonly Queued[]>([])
  /** They do not outlive the page. */
  fleeting = $state(false)
  /** They wait for somebody to sign in again. */
  signedOut = $state(false)
  readonly operator: string
  #watching = nobody
  readonly #told = typeof BroadcastChannel === 'function' ? new BroadcastChannel(lineName) : null
  #store: LineStore
  #sending: Promise<void> | null = null
  #again: ReturnType<typeof setTimeout> | null = null
  #waitMs = firstWaitMs
  #known = new Map<string, Queued['state']>()
  #stopped = false

  constructor(operator: string) {
    this.operator = operator
    this.#store = new DurableLine()
  }

  watch(watching: Watching) {
    this.#watching = watching
    this.wake()
  }

  /** It goes on sending without anybody who looks on. */
  unwatch() {
    this.#watching = nobody
  }

  start(): this {
    this.#told?.addEventListener('message', this.#heard)
    addEventListener('online', this.wake)
    document.addEventListener('visibilitychange', this.#seen)
    this.#heard()
    return this
  }

  stop() {
    this.#stopped = true
    this.#told?.close()
    removeEventListener('online', this.wake)
    document.removeEventListener('visibilitychange', this.#seen)
    if (this.#again) clearTimeout(this.#again)
  }

  get full(): boolean {
    return isFull(this.acts)
  }

  /** Resolves when it is kept: from then on it is not lost, whatever becomes of page, phone or network. */
  async add(act: Omit<Decided, 'key' | 'operator' | 'waited'>): Promise<string> {
    const key = crypto.randomUUID()
    const decided = { ...act, key, operator: this.operator, waited: !this.#watching.isConnected() }
    await this.#change((line) => added(line, decided))
    this.#awaken()
    this.wake()
    return key
  }

  withdraw = (key: string) => this.#change((line) => withdrawn(line, key))
  dismiss = (key: string) => this.#change((line) => dismissed(line, key))

  /** Something may have changed for the better: tries at once. */
  wake = () => {
    this.#waitMs = firstWaitMs
    this.#try()
  }

  /** The connection is gone: what is not sent waits, and says so. */
  cut() {
    if (this.acts.some((act) => isOpen(act) && !act.waited)) void this.#change((line) => held(line, this.operator))
  }

  #seen = () => {
    if (!document.hidden) this.wake()
  }

  #try() {
    if (this.#again) clearTimeout(this.#again)
    this.#again = null
    if (this.#stopped || this.#sending || !this.acts.some(isOpen)) return
    if (!navigator.onLine) return void this.cut()
    this.#sending = this.#send().finally(() => (this.#sending = null))
  }

  async #send() {
    try {
      const operator = this.#watching.isConnected() ? this.operator : null
      const left = await flush({ store: this.#store, operator, changed: (line) => this.#show(line, true) })
      this.signedOut = left.kind === 'not-mine'
      if (left.kind === 'again') this.#later(left.afterMs)
      // One that was added while the line was being emptied.
      else if (left.kind === 'empty' && this.acts.some(isOpen)) this.#later(0)
      if (left.kind !== 'empty') this.cut()
    } catch (error) {
      reportError(error)
      this.#later(mostWaitMs)
    }
  }

  #later(least: number) {
    const wait = Math.max(least, this.#waitMs * (0.5 + Math.random()))
    this.#waitMs = Math.min(this.#waitMs * 2, mostWaitMs)
    this.#again = setTimeout(() => this.#try(), least === 0 ? 0 : wait)
  }

  /** The browser sends it when there is a network, even if this page is gone by then. */
  #awaken() {
    if (!isSecureContext || !('serviceWorker' in navigator)) return
    navigator.serviceWorker
      .getRegistration()
      .then((registration) => registration?.sync?.register(lineName))
      .catch(() => undefined) // not allowed here: then the next open page sends it
  }

  /** Another page, or the worker, has changed the line. */
  #heard = () => {
    this.#read().then(() => this.#try(), reportError)
  }

  #read = async () => {
    this.#show(await this.#store.change((line) => tidied(line, Date.now())), false)
  }

  async #change(step: (line: Line) => Line) {
    try {
      this.#show(await this.#store.change(step), true)
    } catch (error) {
      if (this.fleeting) throw error
      // Storage is blocked or full: better sent without a copy than not at all.
      reportError(error)
      this.fleeting = true
      this.#store = new FleetingLine()
      this.#show(await this.#store.change(step), true)
    }
  }

  #show(line: Line, own: boolean) {
    if (this.#stopped) return
    const mine = line.filter(({ operator }) => operator === this.operator)
    const ended = mine.filter((act) => !isOpen(act) && openBefore(this.#known.get(act.key)))
    this.#known = new Map(mine.map(({ key, state }) => [key, state]))
    this.acts = mine
    if (own) this.#told?.postMessage('changed')
    for (const act of ended) this.#watching.ended(act)
  }
}

const openBefore = (state: Queued['state'] | undefined) => state === 'waiting' || state === 'sending'

let current: Outbox | null = null

/** One per browser page: another operator's begins when his page does. */
export function outboxOf(operator: string, watching: Watching): Outbox {
  if (current?.operator !== operator) {
    current?.stop()
    current = new Outbox(operator).start()
  }
  current.watch(watching)
  return current
}
