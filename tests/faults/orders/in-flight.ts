/** Thousands of orders running at once, as two large workers would tell of them: what that costs the server and a screen. */
import { readFileSync } from 'node:fs'
import { io } from 'socket.io-client'
import { PROTOCOL, type Frame, type SubAnswer } from '#wire'
import { openHouse, untilReady, type House } from '../../../server/core/house.ts'
import { must } from '../../../server/core/must.ts'
import { seedDemoInventory } from '../../../server/features/inventory/demo.ts'
import { OrderDocs, type OrderDoc } from '../../../server/features/work-orders/model.ts'
import { rooms } from '../../../server/rooms.ts'
import { Client } from '../../support/client.ts'
import { orderDoc } from '../../support/orders.ts'
import { until } from '../../support/until.ts'
import { Installation } from '../kills/installation.ts'
import { password, preload } from '../kills/preload.ts'

export interface InFlight {
  orders: number
  desktops: number
  seconds: number
  /** Of one core. */
  serverShare: number
  frames: number
  mostFrameBytes: number
  meanFrameBytes: number
  progressSeen: number
  firstAnswerBytes: number
}

/** As `workers/runs.ts` paces it: a hundred values a second per worker, each order stored every ten seconds. */
const toldPerSecond = 2 * 100
const storeEverySeconds = 10
/** Each run has a clock of its own. */
const storesPerSecond = 20
const workers = 2
const toldEveryMs = 100
const atOnce = 300

export async function inFlight({
  orders: count,
  desktops,
  seconds,
}: {
  orders: number
  desktops: number
  seconds: number
}): Promise<InFlight> {
  const made = await Installation.stores()
  let worker: House | undefined
  try {
    await preload(made, 0)
    worker = await openHouse(made.config, rooms().all, 'worker')
    const { core } = worker
    await untilReady(core)
    await core.leases.start({
      takeOver: null,
      slots: () => 0,
      behind: () => 0,
      read: () => undefined,
      lost: () => undefined,
    })
    await seedDemoInventory(core, { tenant: 'acme', desktops, seed: 1 })
    const docs = await plant(worker, count)
    const node = await made.addNode()
    const admin = await Client.signedIn(node.url, 'admin@acme', password)
    const screen = await watch(node.url, must(admin.cookie, 'signed in'))
    const load = new Load(worker, docs)
    load.start()
    await until('progress comes', () => screen.progress > 50, 30)
    screen.reset()
    const before = cpuMs(must(node.child.pid, 'it runs'))
    const began = performance.now()
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    const serverShare = (cpuMs(must(node.child.pid, 'it runs')) - before) / (performance.now() - began)
    const { sizes, progress, first } = screen.read()
    await load.stop()
    screen.close()
    return {
      orders: count,
      desktops,
      seconds,
      serverShare: Math.round(serverShare * 1_000) / 1_000,
      frames: sizes.length,
      mostFrameBytes: Math.max(0, ...sizes),
      meanFrameBytes: Math.round(sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length)),
      progressSeen: progress,
      firstAnswerBytes: first,
    }
  } finally {
    await worker?.core.leases.stop()
    await worker?.close()
    await made.end()
  }
}

async function plant({ core }: House, count: number): Promise<OrderDoc[]> {
  const holder = { worker: core.incarnation, fence: 1 }
  const docs = Array.from({ length: count }, (_, n) => {
    const doc = orderDoc({ state: 'running', holder, fence: 1, startedAt: Date.now(), createdAt: Date.now() - n })
    const [first, ...rest] = doc.steps
    return { ...doc, steps: [{ ...must(first, 'it has steps'), state: 'running' as const }, ...rest] }
  })
  const stored: OrderDoc[] = []
  for (let at = 0; at < docs.length; at += atOnce) {
    const written = await core.changes.write(
      docs.slice(at, at + atOnce).map((doc) => ({ collection: OrderDocs, doc, base: 0 })),
    )
    // Orders were written, so orders are answered.
    stored.push(...written.flatMap((result) => (result.ok ? [result.doc as OrderDoc] : [])))
  }
  return stored
}

/** The two workers. */
class Load {
  readonly #house: House
  readonly #docs: OrderDoc[]
  #timers: NodeJS.Timeout[] = []
  #at = 0
  #stored = 0
  #writing: Promise<unknown> = Promise.resolve()

  constructor(house: House, docs: OrderDoc[]) {
    this.#house = house
    this.#docs = docs
  }

  start(): void {
    for (let n = 0; n < workers; n++)
      setTimeout(() => this.#timers.push(setInterval(() => this.#tell(), toldEveryMs)), (n * toldEveryMs) / workers)
    this.#timers.push(setInterval(() => this.#store(), 1_000 / storesPerSecond))
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#writing
  }

  #tell(): void {
    for (let n = 0; n < (toldPerSecond * toldEveryMs) / 1_000 / workers; n++) {
      const { _id, tenant } = must(this.#docs[this.#at++ % this.#docs.length], 'there are orders')
      const value = {
        attempt: 1,
        step: 'convert',
        percent: Math.round((this.#at % 1000) / 10),
        bytesDone: this.#at * 65_536,
        bytesTotal: 17_179_869_184,
        rate: 104_857_600,
        leftMs: 163_840,
        log: 4_096,
      }
      this.#house.core.changes.tell(tenant, 'work-orders', `p:${_id}`, value)
    }
  }

  #store(): void {
    const part = Math.ceil(this.#docs.length / storeEverySeconds / storesPerSecond)
    this.#writing = this.#writing.then(async () => {
      const indexes = Array.from({ length: part }, () => this.#stored++ % this.#docs.length)
      const written = await this.#house.core.changes.write(
        indexes.map((index) => {
          const doc = must(this.#docs[index], 'there are orders')
          const [first, ...rest] = doc.steps
          const steps = [{ ...must(first, 'it has steps'), percent: this.#stored % 99 }, ...rest]
          return { collection: OrderDocs, doc: { ...doc, steps }, base: doc.v }
        }),
      )
      written.forEach((result, n) => {
        // Orders were written, so orders are answered.
        if (result.ok) this.#docs[indexes[n] ?? 0] = result.doc as OrderDoc
      })
    })
  }
}

async function watch(url: string, cookie: string) {
  const socket = io(url, {
    transports: ['websocket'],
    extraHeaders: { cookie },
    auth: { protocol: PROTOCOL, surface: 'desk' },
  })
  let sizes: number[] = []
  let progress = 0
  let first = 0
  socket.on('f', (frame: Frame) => {
    sizes.push(Buffer.byteLength(JSON.stringify(frame)))
    progress += Object.keys(frame.k ?? {}).filter((key) => key.startsWith('p:')).length
  })
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  const answer: SubAnswer = await socket.emitWithAck('sub', { view: 'work-orders', cursor: null })
  first = Buffer.byteLength(JSON.stringify(answer))
  return {
    get progress() {
      return progress
    },
    reset() {
      sizes = []
      progress = 0
    },
    read: () => ({ sizes, progress, first }),
    close: () => void socket.disconnect(),
  }
}

/** User and system time of the process so far. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
