/**
 * One attempt of one order: its steps run in order, every write under its fencing token, and whatever happens it ends in
 * a named state with nothing half-made left.
 */
import type { Core } from '../server/core/core.ts'
import type { Providers } from '../server/fleet/port/providers.ts'
import { readOrder, type Made, type OrderDoc, type StoredStep } from '../server/features/work-orders/jobs.ts'
import type { LiveProgress, OrderError } from '../server/features/work-orders/contract.ts'
import { runChild } from './child.ts'
import { OrderFiles, workDir } from './files.ts'
import { HeldOrder, keptOf } from './held-order.ts'
import { OrderLog } from './order-log.ts'
import { Progress } from './progress.ts'
import { StepError, type Run, type Work } from './steps.ts'
import { endedBy, orStopped, Stopped, type Stop } from './stops.ts'

/** What a worker brings along for all its orders. */
export interface Tools {
  works: ReadonlyMap<string, Work>
  providers: Pick<Providers, 'of'>
}

const storeEveryMs = 10_000
const newsEveryMs = 200
const mostWarnings = 100

export class OrderRun {
  readonly #core: Core
  readonly #work: Work
  readonly #providers: Tools['providers']
  readonly #held: HeldOrder
  readonly #files: OrderFiles
  readonly #log: OrderLog
  readonly #stop = new AbortController()
  readonly #startedAt: number
  readonly #warnings: string[] = []
  #progress: Progress
  #made: Made[] = []
  #quietMs: number
  #storedAt: number
  #newsAt = -Infinity
  #drainAfterStep = false
  /** Its end is being written: nothing stops it any more. */
  #ending = false

  private constructor(core: Core, work: Work, providers: Tools['providers'], held: HeldOrder) {
    this.#core = core
    this.#work = work
    this.#providers = providers
    this.#held = held
    this.#files = new OrderFiles(workDir(core.config), held.doc)
    this.#log = new OrderLog({ db: core.db, logger: core.logger, order: this.id, attempt: this.attempt })
    this.#progress = new Progress(core.clock.monotonic)
    this.#startedAt = this.#storedAt = core.clock.monotonic()
    this.#quietMs = core.config.ORDER_QUIET_MS
  }

  static async take(core: Core, { works, providers }: Tools, id: string, attempt: number): Promise<OrderRun | null> {
    const doc = await readOrder(core, id)
    const work = doc && works.get(doc.type)
    const held = work && (await HeldOrder.take(core, doc, attempt))
    return held ? new OrderRun(core, work, providers, held) : null
  }

  get id(): string {
    return this.#held.doc._id
  }

  get tenant(): string {
    return this.#held.doc.tenant
  }

  get attempt(): number {
    return this.#held.doc.attempt
  }

  /** What changed since it was last told, at most five times a second; null: nothing. */
  news(): LiveProgress | null {
    const step = this.#held.running
    const now = this.#core.clock.monotonic()
    if (!this.#progress.changed || !step || now - this.#newsAt < newsEveryMs) return null
    this.#progress.changed = false
    this.#newsAt = now
    return { attempt: this.attempt, step: step.name, ...this.#progress.read(), log: this.#log.bytes }
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
    if (doc.state === 'cancelled' || !this.#held.isIn(doc)) this.stop('cancelled')
  }

  /** Looked at by the clock: too quiet, too long, or due to be stored. */
  async check(): Promise<void> {
    const now = this.#core.clock.monotonic()
    if (now - this.#progress.movedAt > this.#quietMs) this.stop('no-progress')
    if (now - this.#startedAt > this.#work.kind.timeoutMs) this.stop('timeout')
    if (now - this.#storedAt < storeEveryMs || this.#stop.signal.aborted) return
    this.#storedAt = now
    const step = this.#held.running
    if (step) await this.#held.storeProgress(step.name, this.#reached(), this.#told())
  }

  async run(): Promise<void> {
    const { logger } = this.#core
    logger.info({ order: this.id, attempt: this.attempt }, 'an order begins')
    const error = await this.#attempt()
    this.#ending = true
    await this.#end(error)
    const { state } = this.#held.doc
    logger.info({ order: this.id, attempt: this.attempt, state, code: error?.code }, 'an order ended')
  }

  /** null: every step is done. */
  async #attempt(): Promise<OrderError | null> {
    let at: string | null = null
    try {
      const input = this.#work.kind.parse(this.#held.doc.input)
      await this.#files.clean(keptOf(this.#held.doc), this.attempt)
      await this.#files.begin(this.attempt)
      await this.#dropWhatDoesNotHold(input)
      for (const { name, state } of this.#held.doc.steps) {
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
    const { signal } = this.#stop
    const work = this.#work.step(name)
    this.#progress = new Progress(this.#core.clock.monotonic)
    this.#quietMs = work.quietMs ?? this.#core.config.ORDER_QUIET_MS
    this.#made = []
    const run = this.#runOf(input)
    const begun = { ...this.#held.step(name), startedAt: this.#core.clock.now(), endedAt: null }
    await this.#store({ ...begun, state: 'running' })
    this.#tell(name, 'begins')
    const inputs = await orStopped(signal, work.inputs(run))
    const output = await orStopped(signal, work.act(run))
    signal.throwIfAborted()
    await this.#log.flush()
    const made = this.#made
    const ended = { ...begun, ...this.#reached(), percent: 100, endedAt: this.#core.clock.now() }
    await this.#store({ ...ended, state: 'succeeded', inputs, output, made })
    this.#tell(name, 'ended')
  }

  #runOf(input: unknown): Run<unknown> {
    const { _id: id, tenant, number, attempt, subject } = this.#held.doc
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
      output: (step) => this.#held.step(step).output ?? {},
      provider: (name) => this.#providers.of(name),
      child: (command, args, options) => {
        this.#say(`$ ${[command, ...args].join(' ').slice(0, 1_000)}`)
        return runChild(command, args, this.#stop.signal, options)
      },
    }
  }

  /** Finished steps count only as long as what they left and what they read is still the same. */
  async #dropWhatDoesNotHold(input: unknown): Promise<void> {
    const run = this.#runOf(input)
    const kept = this.#held.doc.steps.filter(({ state }) => state === 'succeeded')
    for (const { name, made, inputs } of kept) {
      const holds = await Promise.all(made.map((one) => this.#files.holds(one)))
      if (holds.every(Boolean) && (await this.#work.step(name).inputs(run)) === (inputs ?? '')) continue
      run.log(`${name}: what it left or read has changed, so it runs again`)
      if (!(await this.#held.runAgainFrom(name))) this.#lostIt()
      return
    }
  }

  async #end(error: OrderError | null): Promise<void> {
    if (error) this.#log.line(`ended: ${error.code}${error.step ? ` in ${error.step}` : ''}: ${error.message}`)
    await this.#log.flush()
    if (error) await this.#clean()
    await this.#held.end(error, this.#told())
    if (this.#held.doc.state === 'succeeded') await this.#clean()
    this.#core.changes.tell(this.tenant, 'work-orders', `p:${this.id}`, null)
    await this.#held.unlock()
  }

  /** Only while it is this run's to do: what another attempt keeps and makes is not touched. */
  async #clean(): Promise<void> {
    const doc = await this.#held.ownNow()
    if (!doc) return
    try {
      await this.#files.clean(doc.state === 'running' ? keptOf(doc) : [], doc.attempt)
    } catch (error) {
      this.#core.logger.error({ err: error, order: this.id }, 'files of an order could not be removed')
    }
  }

  #errorOf(error: unknown, step: string | null): OrderError {
    const { code, message } = endedBy(error, this.#stop.signal)
    if (code === 'fault') this.#core.logger.error({ err: error, order: this.id, step }, 'a step failed')
    return { code, step, message: this.#files.hidden(message) }
  }

  #reached(): Pick<StoredStep, 'percent' | 'bytesDone' | 'bytesTotal'> {
    const { percent, bytesDone, bytesTotal } = this.#progress.read()
    return { percent, bytesDone, bytesTotal }
  }

  #told() {
    return { warnings: [...this.#warnings], log: this.#log.standing }
  }

  async #store(step: StoredStep): Promise<void> {
    if (!(await this.#held.storeStep(step, this.#told()))) this.#lostIt()
  }

  /** The write was refused: cancelled, or not ours any more. */
  #lostIt(): never {
    this.stop('cancelled')
    throw new StepError('cancelled', 'the order is not this run’s any more')
  }

  #tell(step: string, what: 'begins' | 'ended'): void {
    this.#log.line(`${step}: ${what}`)
    this.#core.logger.debug({ order: this.id, attempt: this.attempt, step }, `a step ${what}`)
  }

  /** People of the tenant read it: where this machine keeps its files is not their business. */
  #say(line: string): void {
    this.#log.line(this.#files.hidden(line))
  }
}
