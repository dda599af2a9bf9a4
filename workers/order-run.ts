/**
 * One attempt of one order: taken by compare-and-set, its steps run in order, every write under its fencing token, and
 * whatever happens it ends in a named state with nothing half-made left.
 */
import { resolve } from 'node:path'
import type { Core } from '../server/core/core.ts'
import { must } from '../server/core/must.ts'
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
import type { LiveProgress, OrderError } from '../server/features/work-orders/contract.ts'
import { runChild } from './child.ts'
import { OrderFiles } from './files.ts'
import { OrderLog } from './order-log.ts'
import { Progress } from './progress.ts'
import { StepError, type Run, type Work } from './steps.ts'
import { endedBy, orStopped, Stopped, type Stop } from './stops.ts'

const storeEveryMs = 10_000
const mostWarnings = 100

export class OrderRun {
  readonly #core: Core
  readonly #work: Work
  readonly #files: OrderFiles
  readonly #log: OrderLog
  readonly #mine: Holder
  readonly #stop = new AbortController()
  readonly #startedAt: number
  #doc: OrderDoc
  #progress: Progress
  #made: Made[] = []
  #quietMs: number
  #storedAt: number
  #warnings: string[]
  #drainAfterStep = false
  /** The end of `end()` is in sight: nothing stops it any more. */
  #ending = false

  private constructor(core: Core, work: Work, doc: OrderDoc) {
    this.#core = core
    this.#work = work
    this.#doc = doc
    this.#mine = must(doc.holder, 'a taken order has a holder')
    this.#files = new OrderFiles(workDir(core), doc)
    this.#log = new OrderLog({ db: core.db, logger: core.logger, order: doc._id, attempt: doc.attempt })
    this.#progress = new Progress(core.clock.monotonic)
    this.#startedAt = this.#storedAt = core.clock.monotonic()
    this.#quietMs = core.config.ORDER_QUIET_MS
    this.#warnings = []
  }

  /** null: it is not to be run now — somebody has it, it was paused, or its thing is in use. */
  static async take(
    core: Core,
    works: ReadonlyMap<string, Work>,
    id: string,
    attempt: number,
  ): Promise<OrderRun | null> {
    const doc = await readOrder(core, id)
    const work = doc && works.get(doc.type)
    if (!doc || !work) return null
    await core.leases.held()
    const result = await changeOrder(core, doc, (now) => taken(now, core.incarnation, attempt, core.clock.now()))
    if (!result.ok) {
      // Who has it may have died before it could tell that it had.
      if (result.current) core.changes.republish(OrderDocs, [result.current])
      return null
    }
    const run = new OrderRun(core, work, result.doc)
    if (result.doc.lock === null || (await lock(core, result.doc.lock, run.#claim()))) return run
    await run.#change((now) => givenBack(now, run.#mine))
    return null
  }

  get id(): string {
    return this.#doc._id
  }

  get tenant(): string {
    return this.#doc.tenant
  }

  /** What changed since it was last asked for; null: nothing. */
  news(always: boolean): LiveProgress | null {
    if (!this.#progress.changed && !always) return null
    this.#progress.changed = false
    const step = this.#running()
    if (!step) return null
    return { attempt: this.#doc.attempt, step: step.name, ...this.#progress.read(), log: this.#log.bytes }
  }

  flushLog(): Promise<void> {
    return this.#log.flush()
  }

  stop(why: Stop): void {
    if (!this.#ending) this.#stop.abort(new Stopped(why))
  }

  /** The step may end; the next does not begin. */
  drain(): void {
    this.#drainAfterStep = true
  }

  /** As it stands in the database now: another's, or cancelled? */
  see(doc: OrderDoc): void {
    if (doc.state === 'cancelled' || !isHeldBy(doc, this.#mine)) this.stop('cancelled')
  }

  /** Looked at by the clock: too quiet, too long, or due to be stored. */
  async check(): Promise<void> {
    const now = this.#core.clock.monotonic()
    if (now - this.#progress.movedAt > this.#quietMs) this.stop('no-progress')
    if (now - this.#startedAt > this.#work.kind.timeoutMs) this.stop('timeout')
    if (now - this.#storedAt < storeEveryMs || this.#stop.signal.aborted) return
    this.#storedAt = now
    const step = this.#running()
    if (step) await this.#store({ ...step, ...this.#reached() })
  }

  async run(): Promise<void> {
    const { logger } = this.#core
    logger.info({ order: this.id, attempt: this.#doc.attempt }, 'an order begins')
    const error = await this.#attempt()
    this.#ending = true
    await this.#end(error)
    logger.info(
      { order: this.id, attempt: this.#doc.attempt, state: this.#doc.state, code: error?.code },
      'an order ended',
    )
  }

  /** null: every step is done. */
  async #attempt(): Promise<OrderError | null> {
    let at: string | null = null
    try {
      const input = this.#work.kind.parse(this.#doc.input)
      await this.#files.clean(keptOf(this.#doc), this.#doc.attempt)
      await this.#files.begin(this.#doc.attempt)
      await this.#dropWhatDoesNotHold(input)
      for (const { name, state } of this.#doc.steps) {
        if (state === 'succeeded') continue
        if (this.#drainAfterStep) throw new Stopped('drained')
        at = name
        await this.#step(name, input)
      }
      return null
    } catch (error) {
      return this.#errorOf(error, at)
    }
  }

  async #step(name: string, input: unknown): Promise<void> {
    const work = this.#work.step(name)
    this.#progress = new Progress(this.#core.clock.monotonic)
    this.#quietMs = work.quietMs ?? this.#core.config.ORDER_QUIET_MS
    this.#made = []
    const run = this.#runOf(input)
    await this.#mustStore({ ...this.#stepOf(name), state: 'running', startedAt: this.#core.clock.now(), endedAt: null })
    this.#log.line(`${name}: begins`)
    this.#core.logger.debug({ order: this.id, attempt: this.#doc.attempt, step: name }, 'a step begins')
    const inputs = await orStopped(this.#stop.signal, work.inputs(run))
    const output = await orStopped(this.#stop.signal, work.act(run))
    this.#stop.signal.throwIfAborted()
    await this.#log.flush()
    const end = { ...this.#reached(), state: 'succeeded', percent: 100, endedAt: this.#core.clock.now() } as const
    await this.#mustStore({ ...this.#stepOf(name), ...end, inputs, output, made: this.#made })
    this.#log.line(`${name}: done`)
    this.#core.logger.debug({ order: this.id, attempt: this.#doc.attempt, step: name }, 'a step ended')
  }

  #runOf(input: unknown): Run<unknown> {
    const { _id: id, tenant, number, attempt, subject } = this.#doc
    return {
      order: { id, tenant, number, attempt, subject: subject?.id ?? null },
      input,
      signal: this.#stop.signal,
      progress: (done, total, unit) => this.#progress.take(done, total, unit),
      log: (line) => this.#say(line),
      warn: (line) => {
        this.#say(`warning: ${line}`)
        if (this.#warnings.length < mostWarnings) this.#warnings.push(this.#files.hidden(line).slice(0, 1_000))
      },
      file: (name) => this.#files.path(attempt, name),
      keep: async (path) => void this.#made.push(await this.#files.made(path)),
      output: (step) => this.#stepOf(step).output ?? {},
      child: (command, args, options) => {
        this.#say(`$ ${[command, ...args].join(' ').slice(0, 1_000)}`)
        return runChild(command, args, this.#stop.signal, options)
      },
    }
  }

  /** Finished steps count only as long as what they left and what they read is still the same. */
  async #dropWhatDoesNotHold(input: unknown): Promise<void> {
    const run = this.#runOf(input)
    const kept = this.#doc.steps.filter(({ state }) => state === 'succeeded')
    for (const { name, made, inputs } of kept) {
      const holds = await Promise.all(made.map((one) => this.#files.holds(one)))
      if (holds.every(Boolean) && (await this.#work.step(name).inputs(run)) === (inputs ?? '')) continue
      run.log(`${name}: what it left or read has changed, so it runs again`)
      const from = this.#doc.steps.findIndex((step) => step.name === name)
      await this.#mustChange((doc) => advanced(doc, this.#mine, ({ steps }) => ({ steps: anew(steps, from) })))
      return
    }
  }

  async #end(error: OrderError | null): Promise<void> {
    if (error) this.#log.line(`ended: ${error.code}${error.step ? ` in ${error.step}` : ''}: ${error.message}`)
    await this.#log.flush()
    if (error) await this.#clean()
    await this.#storeEnd(error)
    if (this.#doc.state === 'succeeded') await this.#clean()
    this.#core.changes.tell(this.tenant, 'work-orders', `p:${this.id}`, null)
    if (this.#doc.lock !== null) await unlock(this.#core, this.#doc.lock, this.#claim())
  }

  /** While a batch act holds the order, that decides first. */
  async #storeEnd(error: OrderError | null): Promise<void> {
    for (;;) {
      const now = this.#core.clock.now()
      const ended = await this.#change((doc) => {
        if (doc.state === 'cancelled') return letGo(doc, this.#mine)
        const told = { ...doc, warnings: this.#warnings, logs: this.#logs(doc) }
        return error ? failed(told, this.#mine, error, now) : succeeded(told, this.#mine, now)
      })
      if (ended || !isHeldBy(this.#doc, this.#mine)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Only while it is this run's to do: what another attempt keeps and makes is not touched. */
  async #clean(): Promise<void> {
    await this.#core.leases.held()
    const doc = await readOrder(this.#core, this.id)
    const ours = doc && (isHeldBy(doc, this.#mine) || (doc.state === 'succeeded' && doc.attempt === this.#doc.attempt))
    if (!ours) return
    const keep = doc.state === 'running' ? keptOf(doc) : []
    try {
      await this.#files.clean(keep, doc.attempt)
    } catch (error) {
      this.#core.logger.error({ err: error, order: this.id }, 'files of an order could not be removed')
    }
  }

  #errorOf(error: unknown, step: string | null): OrderError {
    const { code, message } = endedBy(error, this.#stop.signal)
    if (code === 'fault') this.#core.logger.error({ err: error, order: this.id, step }, 'a step failed')
    return { code, step, message: this.#files.hidden(message) }
  }

  #running(): StoredStep | undefined {
    return this.#doc.steps.find(({ state }) => state === 'running')
  }

  #stepOf(name: string): StoredStep {
    return must(
      this.#doc.steps.find((step) => step.name === name),
      `a step of this order: ${name}`,
    )
  }

  #reached(): Pick<StoredStep, 'percent' | 'bytesDone' | 'bytesTotal'> {
    const { percent, bytesDone, bytesTotal } = this.#progress.read()
    return { percent, bytesDone, bytesTotal }
  }

  #logs(doc: OrderDoc): OrderDoc['logs'] {
    return [...doc.logs.filter(({ attempt }) => attempt !== doc.attempt), this.#log.standing]
  }

  #store(step: StoredStep): Promise<boolean> {
    return this.#change((doc) =>
      advanced(doc, this.#mine, (now) => ({
        steps: withStep(now.steps, step.name, step),
        warnings: this.#warnings,
        logs: this.#logs(now),
      })),
    )
  }

  async #mustStore(step: StoredStep): Promise<void> {
    if (!(await this.#store(step))) this.#lostIt()
  }

  async #mustChange(decide: (doc: OrderDoc) => OrderDoc | null): Promise<void> {
    if (!(await this.#change(decide))) this.#lostIt()
  }

  /** The write was refused: cancelled, or not ours any more. */
  #lostIt(): never {
    this.stop('cancelled')
    throw new StepError('cancelled', 'the order is not this run’s any more')
  }

  async #change(decide: (doc: OrderDoc) => OrderDoc | null): Promise<boolean> {
    const result = await changeOrder(this.#core, this.#doc, decide)
    this.#doc = result.ok ? result.doc : (result.current ?? this.#doc)
    return result.ok
  }

  /** People of the tenant read it: where this machine keeps its files is not their business. */
  #say(line: string): void {
    this.#log.line(this.#files.hidden(line))
  }

  #claim() {
    return { order: this.id, fence: this.#mine.fence }
  }
}

const anew = (steps: readonly StoredStep[], from: number): StoredStep[] =>
  steps.map((step, index) =>
    index < from
      ? step
      : {
          ...step,
          state: 'pending',
          percent: 0,
          bytesDone: null,
          bytesTotal: null,
          kept: false,
          output: null,
          made: [],
          inputs: null,
        },
  )

export const keptOf = ({ steps }: Pick<OrderDoc, 'steps'>): Made[] =>
  steps.flatMap(({ state, made }) => (state === 'succeeded' ? made : []))

export const workDir = ({ config }: Pick<Core, 'config'>) => resolve(config.DATA_DIR, 'work')
