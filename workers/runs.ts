/** The orders that this worker runs now, and its clocks over them: progress told, signs heard, ends noticed. */
import type { Core } from '../server/core/core.ts'
import { documents } from '../server/core/mongo.ts'
import { OrderDocs, readSigns, type OrderDoc } from '../server/features/work-orders/jobs.ts'
import { OrderRun, type Tools } from './order-run.ts'
import type { Work } from './steps.ts'

const tickMs = 100
const signsEvery = 4
const checkEvery = 10
const lookEvery = 20
/** Last values a second in all: with many orders at once each is told more rarely, the ones that are looked at never. */
const toldPerTick = 10
const readAtOnce = 100

export class Runs {
  readonly #core: Core
  readonly #tools: Tools
  readonly #runs = new Map<string, OrderRun>()
  #looked = new Set<string>()
  #ticks = 0
  #timer: NodeJS.Timeout | undefined
  #busy = false
  #next = 0

  constructor(core: Core, works: readonly Work[], providers: Tools['providers']) {
    this.#core = core
    this.#tools = { works: new Map(works.map((work) => [work.kind.kind, work])), providers }
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), tickMs)
  }

  /** The handler of the job `order`. */
  async run(order: string, attempt: number): Promise<void> {
    if (this.#runs.has(order)) return
    const run = await OrderRun.take(this.#core, this.#tools, order, attempt)
    if (!run) return this.#forget(order)
    this.#runs.set(order, run)
    try {
      await run.run()
    } finally {
      this.#runs.delete(order)
      this.#forget(order)
    }
  }

  /** What a step is in the middle of may end within `ms`; the rest is stopped and begins again elsewhere. */
  async drain(ms: number): Promise<void> {
    for (const run of this.#runs.values()) run.drain()
    const until = this.#core.clock.monotonic() + ms
    while (this.#runs.size > 0 && this.#core.clock.monotonic() < until) await pause(50)
    for (const run of this.#runs.values()) run.stop('drained')
    while (this.#runs.size > 0) await pause(50)
    clearInterval(this.#timer)
  }

  async #tick(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    const n = this.#ticks++
    try {
      if (n % signsEvery === 0) await this.#hearSigns()
      this.#tell()
      if (n % checkEvery === 0) await this.#check()
      if (n % lookEvery === 0) await this.#seeAll()
    } catch (error) {
      this.#core.logger.debug({ err: error }, 'a look at the running orders failed, the next one follows')
    } finally {
      this.#busy = false
    }
  }

  async #hearSigns(): Promise<void> {
    const signs = await readSigns(this.#core, [...this.#runs.keys()])
    this.#looked = new Set([...signs].flatMap(([id, sign]) => (sign === 'look' ? [id] : [])))
    if ([...signs.values()].includes('stop')) await this.#seeAll()
  }

  #tell(): void {
    const all = [...this.#runs.values()]
    const turn = all.length ? this.#next % all.length : 0
    const others = [...all.slice(turn), ...all.slice(0, turn)].filter(({ id }) => !this.#looked.has(id))
    let left = toldPerTick
    for (const run of others) {
      if (left === 0) break
      this.#next++
      if (this.#tellOne(run)) left--
    }
    for (const run of all) if (this.#looked.has(run.id)) this.#tellOne(run)
  }

  #tellOne(run: OrderRun): boolean {
    const news = run.news()
    if (news) this.#core.changes.tell(run.tenant, 'work-orders', `p:${run.id}`, news)
    return news !== null
  }

  async #check(): Promise<void> {
    await Promise.all(
      [...this.#runs.values()].map(async (run) => {
        await run.check()
        await run.flushLog()
      }),
    )
  }

  /** The database is the truth: cancelled, or another's. */
  async #seeAll(): Promise<void> {
    const ids = [...this.#runs.keys()]
    for (let at = 0; at < ids.length; at += readAtOnce) {
      const docs = await documents<OrderDoc>(this.#core.db, OrderDocs.noun)
        .find({ _id: { $in: ids.slice(at, at + readAtOnce) } })
        .toArray()
      for (const doc of docs) this.#runs.get(doc._id)?.see(doc)
    }
  }

  /** A worker keeps nothing hot. */
  #forget(order: string): void {
    const doc = this.#core.views.get(OrderDocs, order)
    if (doc) this.#core.views.forget(OrderDocs, doc)
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
