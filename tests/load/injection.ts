/** Changes put straight into the change log and, alike, into the baselines' streams, at a steady rate. */
import type { Frame } from '#wire'
import { presentAlarm } from '../../server/features/alarms/row.ts'
import type { AlarmDoc } from '../../server/features/alarms/model.ts'
import { alarmDoc } from './documents.ts'
import type { Installation } from './installation.ts'
import { streamOf } from './programs.ts'
import { micros } from './statistics.ts'

export type System = 'deskwatch' | 'raw-ws' | 'plain-socket-io'

/** Documents that live in the log alone, so that no database is in the way; `of` keeps groups of them apart. */
export class Injection {
  readonly #installation: Installation
  readonly #of: string
  readonly #documents: number
  readonly #versions = new Map<number, number>()
  /** Of those put into the change log. */
  readonly #logged = new Map<number, number>()
  #next = 0
  #seq = 0

  constructor(installation: Installation, of: string, documents: number) {
    this.#installation = installation
    this.#of = of
    this.#documents = documents
  }

  /** `batch` changes every `everyMs`, evenly, for so long; resolves with how many were made and how long it took. */
  async run(
    system: System,
    { everyMs, batch = 1, forMs, jitter = () => 0 }: Pace,
  ): Promise<{ changes: number; ms: number }> {
    const began = performance.now()
    let changes = 0
    let due = began
    while (performance.now() - began < forMs) {
      await this.#inject(system, batch)
      changes += batch
      due += everyMs * (1 + jitter())
      const wait = due - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    }
    return { changes, ms: performance.now() - began }
  }

  /** Versions that every client must show in the end. */
  get latest(): [string, number][] {
    return [...this.#logged].map(([n, v]) => [alarmDoc(this.#of, n, v)._id, v])
  }

  /** Takes the documents off the lists again. */
  async clear(): Promise<void> {
    for (const [n, v] of this.#versions) await this.#append([{ ...alarmDoc(this.#of, n, v + 1), gone: true }])
    this.#versions.clear()
  }

  async #inject(system: System, batch: number): Promise<void> {
    const writing: Promise<unknown>[] = []
    for (let i = 0; i < batch; i++) {
      const n = this.#next++ % this.#documents
      const v = (this.#versions.get(n) ?? 0) + 1
      this.#versions.set(n, v)
      if (system === 'deskwatch') this.#logged.set(n, v)
      const doc = alarmDoc(this.#of, n, v, micros())
      writing.push(system === 'deskwatch' ? this.#append([doc]) : this.#toBaseline(system, doc))
    }
    await Promise.all(writing)
  }

  #append(docs: AlarmDoc[]): Promise<void> {
    return this.#installation.house.log.append(JSON.stringify(docs.map((doc) => ['alarms', doc])))
  }

  /** The baselines get the ready message: the very frame in which Deskwatch would send this one change. */
  #toBaseline(system: Exclude<System, 'deskwatch'>, doc: AlarmDoc): Promise<unknown> {
    const s = ++this.#seq
    const frame: Frame = {
      r: 'acme|alarms|full',
      e: 1_780_000_000_000,
      p: s - 1,
      s,
      d: [[doc._id, doc.v, presentAlarm(doc, false)]],
    }
    return this.#installation.house.core.redis.xadd(
      streamOf(system),
      'MAXLEN',
      '~',
      2_000,
      '*',
      'd',
      JSON.stringify(frame),
    )
  }
}

export interface Pace {
  everyMs: number
  batch?: number
  forMs: number
  /** Added to each pause, as a share of it. */
  jitter?: () => number
}
