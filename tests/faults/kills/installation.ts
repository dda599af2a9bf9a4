/** Two nodes on stores of their own, every process killable and started again on its port and folder. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../scripts/stores/child.mjs'
import { spawnTied } from '../../../scripts/stores/machine.mjs'
import { startMongo } from '../../../scripts/stores/mongo.mjs'
import { startRedis } from '../../../scripts/stores/redis.mjs'
import { readConfig } from '../../../server/core/config.ts'
import { must } from '../../../server/core/must.ts'
import { until } from '../../support/until.ts'

type Store = Awaited<ReturnType<typeof startRedis>>

export interface Node {
  port: number
  url: string
  child: ChildProcess
}

export class Installation {
  readonly dir: string
  readonly durable: boolean
  readonly nodes: Node[] = []
  /** Nodes that ended by themselves (a store was away while they started) and were started again, as the launcher does. */
  restarts = 0
  #stores: { redis?: Store; mongo?: Store } = {}
  #ended = false
  #settings: Record<string, string>

  private constructor(dir: string, durable: boolean, settings: Record<string, string>) {
    this.dir = dir
    this.durable = durable
    this.#settings = settings
  }

  static async stores({
    durable = true,
    settings = {},
  }: { durable?: boolean; settings?: Record<string, string> } = {}) {
    const made = new Installation(await mkdtemp(join(tmpdir(), 'deskwatch-kills-')), durable, settings)
    await Promise.all([made.startRedis(), made.startMongo()])
    return made
  }

  async startRedis(): Promise<void> {
    this.#stores.redis = await startRedis({ dir: join(this.dir, 'redis'), port: this.#stores.redis?.port ?? 0 })
  }

  get redis(): Store {
    return must(this.#stores.redis, 'Redis was started')
  }

  get mongo(): Store {
    return must(this.#stores.mongo, 'the database was started')
  }

  async startMongo(): Promise<void> {
    const options = {
      dir: join(this.dir, 'mongo'),
      port: this.#stores.mongo?.port ?? 0,
      durable: this.durable,
      embedded: true,
    }
    for (let tries = 4; ; tries--) {
      try {
        this.#stores.mongo = await startMongo(options)
        return
      } catch (error) {
        // A busy machine may need longer than a start is given.
        if (tries === 0) throw error
      }
    }
  }

  get env(): Record<string, string> {
    return {
      MONGODB_URI: `${this.mongo.url}/deskwatch`,
      REDIS_URL: this.redis.url,
      DATA_DIR: this.dir,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      CALM_SECONDS: '86400',
      LEASE_RENEW_MS: '500',
      LEASE_EXPIRE_MS: '4000',
      ...this.#settings,
    }
  }

  /** For nodes that are started from now on. */
  set(settings: Record<string, string>): void {
    this.#settings = { ...this.#settings, ...settings }
  }

  get config() {
    return readConfig(this.env)
  }

  async addNode(): Promise<Node> {
    const port = await freePort()
    const node = { port, url: `http://127.0.0.1:${port}`, child: this.#spawn(port, this.nodes.length) }
    this.nodes.push(node)
    await this.ready(node)
    return node
  }

  /** Starts it again; does not wait until it is ready. */
  again(node: Node): void {
    node.child = this.#spawn(node.port, this.nodes.indexOf(node))
  }

  async ready(node: Node, seconds = 600): Promise<void> {
    await until(`node ${node.port} is ready`, async () => (await fetch(`${node.url}/readyz`)).ok, seconds)
  }

  #spawn(port: number, index: number): ChildProcess {
    const log = openSync(join(this.dir, `node-${index}.log`), 'a')
    const env = { PATH: process.env['PATH'], ...this.env, PORT: String(port) }
    const child = spawnTied(process.execPath, ['server/main.ts'], { env, stdio: ['ignore', log, log] })
    child.once('exit', (code) => this.#revive(child, code))
    return child
  }

  /** Killed ones are started again by whoever killed them. */
  #revive(child: ChildProcess, code: number | null): void {
    const node = this.nodes.find((one) => one.child === child)
    if (this.#ended || code === null || code === 0 || !node) return
    this.restarts++
    this.again(node)
  }

  async end(keepFiles = false): Promise<void> {
    this.#ended = true
    for (const { child } of this.nodes) await killed(child)
    await Promise.all([this.redis.kill(), this.mongo.kill()])
    if (!keepFiles) await rm(this.dir, { recursive: true, force: true })
  }
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
