/** The writers of a run and what they were told: which batches were accepted, when requests were outstanding. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'
import type { Told } from './writer.ts'

const file = fileURLToPath(new URL('writer.ts', import.meta.url))

export interface SendersOptions {
  token: string
  urls: string[]
  writers: number
  perBatch: number
  pauseMs: number
}

export class Senders {
  readonly #options: SendersOptions
  readonly #children: ChildProcess[]
  readonly #acceptedBatches = new Map<string, number[]>()
  #requests: [from: number, to: number, node: number, status: number][] = []
  refused = 0
  unanswered = 0
  accepted = 0

  constructor(options: SendersOptions) {
    this.#options = options
    this.#children = Array.from({ length: options.writers }, (_, index) => this.#start(`w${index}`))
  }

  #start(name: string): ChildProcess {
    const { token, perBatch, pauseMs, urls } = this.#options
    const batches: number[] = []
    this.#acceptedBatches.set(name, batches)
    const child = fork(file, [name, token, String(perBatch), String(pauseMs), ...urls])
    child.on('message', (told: Told) => {
      if (told.request) this.#heard(told.request)
      if (told.accepted === undefined) return
      batches.push(told.accepted)
      this.accepted += perBatch
    })
    return child
  }

  #heard(request: NonNullable<Told['request']>): void {
    this.#requests.push(request)
    if (request[3] === 503) this.refused++
    if (request[3] === 0) this.unanswered++
  }

  /** Ids of the sender's own for every report that was accepted. */
  *acceptedIds(): Generator<string> {
    for (const [name, batches] of this.#acceptedBatches) {
      for (const n of batches) for (let i = 0; i < this.#options.perBatch; i++) yield `${name}-${n}-${i}`
    }
  }

  async grown(by: number, seconds = 600): Promise<void> {
    const before = this.accepted
    await until(`${by} more reports are accepted`, () => this.accepted >= before + by, seconds)
  }

  /** Was a request outstanding at that moment — at that node, when one is named? Known once its answer came. */
  outstanding(at: number, node?: number): boolean {
    return this.#requests.some(([from, to, where]) => from < at && at < to && (node === undefined || where === node))
  }

  /** Each finishes the batch that it has in hand. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const ended = once(child, 'exit')
        child.send('stop')
        const [code] = await ended
        if (code !== 0) throw new Error(`a writer ended with ${code}`)
      }),
    )
  }

  kill(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }
}
