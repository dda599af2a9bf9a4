/** One QMP connection to one QEMU: it serves a single client, so whoever holds this holds the machine. */
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import * as z from 'zod/mini'
import { onLines, writeLine } from '../port/lines.ts'
import { reasonOf } from '../disks/qemu-img.ts'
import { ProviderError } from '../provider.ts'

const Said = z.object({
  QMP: z.optional(z.unknown()),
  event: z.optional(z.string()),
  id: z.optional(z.number()),
  return: z.optional(z.unknown()),
  error: z.optional(z.object({ class: z.string(), desc: z.string() })),
})
type Said = z.infer<typeof Said>

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: ProviderError) => void
  timer: NodeJS.Timeout
}
const answerMs = 10_000

export class Qmp {
  readonly #socket: Socket
  readonly #onEvent: (event: string) => void
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #isClosed = false

  private constructor(socket: Socket, onEvent: (event: string) => void, onClose: () => void) {
    this.#socket = socket
    this.#onEvent = onEvent
    onLines(socket, (line) => this.#take(Said.parse(line)))
    socket.on('close', () => {
      this.#isClosed = true
      for (const [id, { reject }] of this.#waiting) {
        this.#settle(id)
        reject(new ProviderError('guest.died', 'the machine ended before it answered'))
      }
      onClose()
    })
  }

  /** Rejects where nobody listens, also after a moment: the socket is there a little before its listener. */
  static async open(path: string, onEvent: (event: string) => void, onClose: () => void): Promise<Qmp> {
    const socket = await connected(path)
    const qmp = new Qmp(socket, onEvent, onClose)
    await qmp.ask('qmp_capabilities')
    return qmp
  }

  ask(execute: string, args: Record<string, unknown> = {}, withinMs = answerMs): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new ProviderError('guest.died', 'the machine has ended'))
    return new Promise((resolve, reject) => {
      const id = this.#next++
      const timer = setTimeout(() => {
        this.#settle(id)
        reject(new ProviderError('provider.timeout', `${execute} was not answered within ${withinMs / 1000} s`))
      }, withinMs)
      this.#waiting.set(id, { resolve, reject, timer })
      writeLine(this.#socket, { execute, arguments: args, id })
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #settle(id: number): void {
    clearTimeout(this.#waiting.get(id)?.timer)
    this.#waiting.delete(id)
  }

  #take(said: Said): void {
    if (said.event !== undefined) return this.#onEvent(said.event)
    const waiting = said.id === undefined ? undefined : this.#waiting.get(said.id)
    if (!waiting || said.id === undefined) return
    this.#settle(said.id)
    if (said.error) waiting.reject(new ProviderError(reasonOf(said.error.desc), said.error.desc))
    else waiting.resolve(said.return)
  }
}

const momentMs = 1_000
const againMs = 10

async function connected(path: string): Promise<Socket> {
  const deadline = performance.now() + momentMs
  for (;;) {
    const socket = connect(path)
    const wrong = await new Promise<Error | null>((resolve) => {
      socket.once('connect', () => resolve(null))
      socket.once('error', resolve)
    })
    // From here on what ends it is told by 'close'.
    if (!wrong) return socket.on('error', () => undefined)
    if (performance.now() > deadline)
      throw new ProviderError('guest.died', `no machine listens at ${path}`, { cause: wrong })
    await wait(againMs)
  }
}
