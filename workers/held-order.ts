/** The order that a run holds: its document, changed only while it is still held, one change after another. */
import type { Core } from '../server/core/core.ts'
import { must } from '../server/core/must.ts'
import type { OrderError } from '../server/features/work-orders/contract.ts'
import {
  advanced,
  changeOrder,
  failed,
  givenBack,
  isHeldBy,
  letGo,
  lock,
  OrderDocs,
  readOrder,
  succeeded,
  taken,
  unlock,
  withStep,
  type Holder,
  type Made,
  type OrderDoc,
  type StoredStep,
} from '../server/features/work-orders/jobs.ts'

type Told = Pick<OrderDoc, 'warnings'> & { log: OrderDoc['logs'][number] }
type Reached = Pick<StoredStep, 'percent' | 'bytesDone' | 'bytesTotal'>

export class HeldOrder {
  readonly #core: Core
  readonly #mine: Holder
  #doc: OrderDoc
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(core: Core, doc: OrderDoc) {
    this.#core = core
    this.#doc = doc
    this.#mine = must(doc.holder, 'a taken order has a holder')
  }

  /** null: it is not to be run now — somebody has it, it was paused, or its thing is in use. */
  static async take(core: Core, doc: OrderDoc, attempt: number): Promise<HeldOrder | null> {
    await core.leases.held()
    const result = await changeOrder(core, doc, (now) => taken(now, core.incarnation, attempt, core.clock.now()))
    if (!result.ok) {
      // Who has it may have died before it could tell that it had.
      if (result.current) core.changes.republish(OrderDocs, [result.current])
      return null
    }
    const held = new HeldOrder(core, result.doc)
    if (result.doc.lock === null || (await lock(core, result.doc.lock, held.#claim))) return held
    await held.#change((now) => givenBack(now, held.#mine))
    return null
  }

  get doc(): OrderDoc {
    return this.#doc
  }

  get running(): StoredStep | undefined {
    return this.#doc.steps.find(({ state }) => state === 'running')
  }

  step(name: string): StoredStep {
    return must(
      this.#doc.steps.find((step) => step.name === name),
      `a step of this order: ${name}`,
    )
  }

  isIn(doc: OrderDoc): boolean {
    return isHeldBy(doc, this.#mine)
  }

  /** False: it was cancelled, or is not held any more. */
  storeStep(step: StoredStep, told: Told): Promise<boolean> {
    return this.#advance(({ steps, logs }) => ({
      steps: withStep(steps, step.name, step),
      warnings: told.warnings,
      logs: withLog(logs, told.log),
    }))
  }

  /** How far the running step is; one that has ended meanwhile stays as it ended. */
  storeProgress(name: string, reached: Reached, told: Told): Promise<boolean> {
    return this.#advance(({ steps, logs }) => ({
      steps: steps.map((step) => (step.name === name && step.state === 'running' ? { ...step, ...reached } : step)),
      warnings: told.warnings,
      logs: withLog(logs, told.log),
    }))
  }

  /** That step and all after it run again. */
  runAgainFrom(name: string): Promise<boolean> {
    return this.#advance(({ steps }) => {
      const from = steps.findIndex((step) => step.name === name)
      return { steps: steps.map((step, index) => (index < from ? step : anew(step))) }
    })
  }

  /** While a batch act holds the order, that decides first. */
  async end(error: OrderError | null, told: Told): Promise<void> {
    for (;;) {
      const now = this.#core.clock.now()
      const ended = await this.#change((doc) => {
        if (doc.state === 'cancelled') return letGo(doc, this.#mine)
        const last = { ...doc, warnings: told.warnings, logs: withLog(doc.logs, told.log) }
        return error ? failed(last, this.#mine, error, now) : succeeded(last, this.#mine, now)
      })
      if (ended || !this.isIn(this.#doc)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async unlock(): Promise<void> {
    if (this.#doc.lock !== null) await unlock(this.#core, this.#doc.lock, this.#claim)
  }

  /** As the database has it, read when this worker is known to be alive; null: its files are not this run's to touch. */
  async ownNow(): Promise<OrderDoc | null> {
    await this.#core.leases.held()
    const doc = await readOrder(this.#core, this.#doc._id)
    const ours = doc && (this.isIn(doc) || (doc.state === 'succeeded' && doc.attempt === this.#doc.attempt))
    return ours ? doc : null
  }

  #advance(change: Parameters<typeof advanced>[2]): Promise<boolean> {
    return this.#change((doc) => advanced(doc, this.#mine, change))
  }

  #change(decide: (doc: OrderDoc) => OrderDoc | null): Promise<boolean> {
    const turn = this.#turn.then(async () => {
      const result = await changeOrder(this.#core, this.#doc, decide)
      this.#doc = result.ok ? result.doc : (result.current ?? this.#doc)
      return result.ok
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  get #claim() {
    return { order: this.#doc._id, fence: this.#mine.fence }
  }
}

const withLog = (logs: OrderDoc['logs'], log: Told['log']) => [
  ...logs.filter(({ attempt }) => attempt !== log.attempt),
  log,
]

const anew = (step: StoredStep): StoredStep => ({
  ...step,
  state: 'pending',
  percent: 0,
  bytesDone: null,
  bytesTotal: null,
  kept: false,
  output: null,
  made: [],
  inputs: null,
})

/** What finished steps keep. */
export const keptOf = ({ steps }: Pick<OrderDoc, 'steps'>): Made[] =>
  steps.flatMap(({ state, made }) => (state === 'succeeded' ? made : []))
