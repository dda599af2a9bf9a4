/** An installation with workers that are killed, frozen and started again as the launcher would, and what they logged. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import type { OrderDetail, OrderRow } from '#contract/work-orders'
import { spawnTied } from '../../../scripts/stores/machine.mjs'
import { must } from '../../../server/core/must.ts'
import { Client } from '../../support/client.ts'
import { orderDisk, readOrder } from '../../support/orders.ts'
import { until } from '../../support/until.ts'
import { Installation, killed } from '../kills/installation.ts'
import { password, preload } from '../kills/preload.ts'

/** A line of a worker's log. */
export interface Told {
  time: number
  pid: number
  msg: string
  order?: string
  attempt?: number
  step?: string
}

export interface RigWorker {
  child: ChildProcess
  /** When it was killed or frozen, ms. */
  struck: number | null
}

export class OrderRig {
  readonly made: Installation
  readonly workers: RigWorker[] = []
  readonly told: Told[] = []
  /** pid → when it was killed or frozen. */
  readonly strikes: { pid: number; at: number }[] = []
  #ended = false
  #listeners = new Set<(one: Told) => void>()
  readonly #env: Record<string, string>

  private constructor(made: Installation, env: Record<string, string>) {
    this.made = made
    this.#env = env
  }

  static async start({
    workers = 2,
    env = {},
  }: { workers?: number; env?: Record<string, string> } = {}): Promise<OrderRig> {
    const made = await Installation.stores({ settings: env })
    const rig = new OrderRig(made, env)
    await preload(made, 0)
    await made.addNode()
    for (let n = 0; n < workers; n++) rig.workers.push({ child: rig.#spawn(), struck: null })
    await until('all workers work', () => rig.told.filter(({ msg }) => msg === 'working').length >= workers, 60)
    return rig
  }

  signIn(username = 'admin@acme'): Promise<Client> {
    return Client.signedIn(must(this.made.nodes[0], 'a node runs').url, username, password)
  }

  async order(client: Client, count: number, input: object = {}): Promise<OrderRow[]> {
    const orders: OrderRow[] = []
    for (let n = 0; n < count; n++) orders.push(await orderDisk(client, { ...input }))
    return orders
  }

  /** SIGKILL; comes back by itself. */
  async kill(n: number): Promise<void> {
    const worker = must(this.workers[n], `worker ${n} runs`)
    this.#strike(worker)
    await killed(worker.child)
  }

  /** Frozen for so long; if that cost its lease it ends when it wakes, and comes back by itself. */
  async freeze(n: number, ms: number): Promise<void> {
    const worker = must(this.workers[n], `worker ${n} runs`)
    const { child } = worker
    this.#strike(worker)
    child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, ms))
    child.kill('SIGCONT')
  }

  async flushRedis(): Promise<void> {
    const redis = new Redis(this.made.redis.url)
    await redis.flushall()
    await redis.quit()
  }

  /** How often each step of an order came to its end. */
  endsOf(order: string): Record<string, number> {
    const ends: Record<string, number> = {}
    for (const { msg, step, ...one } of this.told)
      if (msg === 'a step ended' && one.order === order && step) ends[step] = (ends[step] ?? 0) + 1
    return ends
  }

  /** At once when a worker says it: a step may be over in a moment. Answers the index of that worker. */
  async heard(order: string, msg: string, step?: string, attempt?: number): Promise<number> {
    const fits = (one: Told) =>
      one.order === order &&
      one.msg === msg &&
      (step === undefined || one.step === step) &&
      (attempt === undefined || one.attempt === attempt)
    const said = this.told.find(fits) ?? (await this.#next(fits, `${order} ${msg} ${step ?? ''}`))
    return this.workers.findIndex(({ child }) => child.pid === said.pid)
  }

  #next(fits: (one: Told) => boolean, what: string): Promise<Told> {
    return new Promise((resolve, reject) => {
      const done = (end: () => void) => {
        clearTimeout(late)
        this.#listeners.delete(listen)
        end()
      }
      const late = setTimeout(() => done(() => reject(new Error(`never heard: ${what}`))), 30_000)
      const listen = (one: Told) => {
        if (fits(one)) done(() => resolve(one))
      }
      this.#listeners.add(listen)
    })
  }

  async untilState(client: Client, id: string, states: readonly string[], seconds = 40): Promise<OrderDetail> {
    let last: OrderDetail | undefined
    const reached = async () => {
      last = await readOrder(client, id)
      return states.includes(last.state) && !last.stopping
    }
    await until(`${id} is ${states.join(' or ')}`, reached, seconds).catch((error: unknown) => {
      throw new Error(`it is ${JSON.stringify(last)}`, { cause: error })
    })
    return must(last, 'it was read')
  }

  async end(): Promise<void> {
    this.#ended = true
    await Promise.all(this.workers.map(({ child }) => killed(child)))
    await this.made.end()
  }

  /** All workers end; none comes back before `startWorkers`. */
  async stopWorkers(): Promise<void> {
    this.#ended = true
    await Promise.all(this.workers.map(({ child }) => killed(child)))
    this.#ended = false
  }

  startWorkers(): void {
    for (const worker of this.workers) Object.assign(worker, { child: this.#spawn(), struck: null })
  }

  /** SIGTERM, as a deploy does; its exit code. */
  async drain(n: number): Promise<number | null> {
    const { child } = must(this.workers[n], `worker ${n} runs`)
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    const [code]: unknown[] = await exit
    return typeof code === 'number' ? code : null
  }

  #strike(worker: RigWorker): void {
    worker.struck = Date.now()
    this.strikes.push({ pid: worker.child.pid ?? 0, at: worker.struck })
  }

  #spawn(): ChildProcess {
    const env = { PATH: process.env['PATH'], ...this.made.env, ...this.#env, LOG_LEVEL: 'debug' }
    const child = spawnTied(process.execPath, ['workers/main.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: must(child.stdout, 'it is piped') })
    lines.on('line', (line) => {
      if (!line.startsWith('{')) return
      const one: Told = JSON.parse(line)
      const told = { ...one, pid: child.pid ?? 0 }
      this.told.push(told)
      for (const listener of this.#listeners) listener(told)
    })
    child.once('exit', () => setTimeout(() => this.#revive(child), 200))
    return child
  }

  #revive(child: ChildProcess): void {
    const worker = this.workers.find((one) => one.child === child)
    if (!this.#ended && worker) Object.assign(worker, { child: this.#spawn(), struck: null })
  }
}
