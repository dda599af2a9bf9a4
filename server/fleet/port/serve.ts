/** A provider's door for the other processes of this installation: a unix socket that only their user may open. */
import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import type { Logger } from 'pino'
import { must } from '../../core/must.ts'
import { ProviderError, type DesktopProvider, type Long, type Progress } from '../provider.ts'
import { EndedActs } from './ended-acts.ts'
import { onLines, writeLine } from './lines.ts'
import { Asked, calls, PORT_PROTOCOL, type Answered, type Outcome } from './wire.ts'

export interface Door {
  close: () => Promise<void>
}
interface DoorOptions {
  socketPath: string
  /** File of the acts that have ended. */
  actsPath: string
  logger: Pick<Logger, 'debug' | 'warn' | 'error'>
  /** A caller that lost its connection comes back within this time, or its act is stopped; ms. */
  returnMs?: number
}

export async function serveProvider(provider: DesktopProvider, options: DoorOptions): Promise<Door> {
  const acts = new Acts(provider, options)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const tell = (answered: Answered) => writeLine(socket, answered)
    const caller = new Caller(acts, tell)
    tell({ t: 'welcome', protocol: PORT_PROTOCOL, name: provider.name, offers: [...provider.offers] })
    onLines(socket, (line) => {
      const asked = Asked.safeParse(line)
      if (asked.success) caller.take(asked.data)
      else socket.destroy()
    })
    socket.on('error', (error) => options.logger.debug({ err: error }, 'a caller is gone'))
    socket.on('close', () => {
      sockets.delete(socket)
      caller.leave()
    })
  })
  // What a process that died left behind; a living one would have kept us from being started.
  rmSync(options.socketPath, { force: true })
  const before = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.socketPath, resolve)
    })
  } finally {
    process.umask(before)
  }
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await Promise.all([closed, acts.close()])
    },
  }
}

interface Listener {
  onProgress: (progress: Progress) => void
  onOutcome: (outcome: Outcome) => void
}

class Caller {
  readonly #acts: Acts
  readonly #tell: (answered: Answered) => void
  readonly #attached = new Map<number, Attached>()

  constructor(acts: Acts, tell: (answered: Answered) => void) {
    this.#acts = acts
    this.#tell = tell
  }

  take(asked: Asked): void {
    if (asked.t === 'ping') return this.#tell({ t: 'pong' })
    if (asked.t === 'cancel') return this.#attached.get(asked.id)?.cancel()
    const { id } = asked
    const attached = this.#acts.ask(asked, {
      onProgress: (progress) => this.#tell({ t: 'progress', id, progress }),
      onOutcome: (outcome) => {
        this.#attached.delete(id)
        this.#tell({ t: 'outcome', id, outcome })
      },
    })
    if (attached) this.#attached.set(id, attached)
  }

  leave(): void {
    for (const attached of this.#attached.values()) attached.leave()
  }
}

interface Attached {
  cancel: () => void
  leave: () => void
}
interface Running {
  asked: string
  listeners: Set<Listener>
  stop: AbortController
  ended: Promise<void>
  /** Nobody waits for it any more. */
  orphan: NodeJS.Timeout | undefined
}
class Acts {
  readonly #provider: DesktopProvider
  readonly #logger: DoorOptions['logger']
  readonly #returnMs: number
  readonly #ended: EndedActs
  readonly #running = new Map<string, Running>()
  #closing = false

  constructor(provider: DesktopProvider, { actsPath, logger, returnMs = 3_000 }: DoorOptions) {
    this.#returnMs = returnMs
    this.#provider = provider
    this.#logger = logger
    this.#ended = new EndedActs(actsPath)
  }

  ask({ method, args, op }: Extract<Asked, { t: 'call' }>, listener: Listener): Attached | null {
    const { isLong, run } = calls[method]
    if (!isLong) {
      const long = { op: '', signal: new AbortController().signal, onProgress: () => undefined }
      void outcomeOf(run(this.#provider, args, long)).then(listener.onOutcome)
      return null
    }
    if (op === undefined) return refuse(listener, 'a long call has no op')
    const asked = JSON.stringify([method, args])
    const ended = this.#ended.get(op)
    const running = this.#running.get(op)
    if ((ended ?? running ?? { asked }).asked !== asked) return refuse(listener, `${op} is the name of another act`)
    if (ended) {
      listener.onOutcome(ended.outcome)
      return null
    }
    return this.#attach(op, running ?? this.#begin(op, asked, (long) => run(this.#provider, args, long)), listener)
  }

  #begin(op: string, asked: string, run: (long: Long) => Promise<unknown>): Running {
    const stop = new AbortController()
    const listeners = new Set<Listener>()
    const onProgress = (progress: Progress) => {
      for (const { onProgress: tell } of listeners) tell(progress)
    }
    const ended = outcomeOf(run({ op, signal: stop.signal, onProgress })).then((outcome) => this.#end(op, outcome))
    const running: Running = { asked, listeners, stop, ended, orphan: undefined }
    this.#running.set(op, running)
    return running
  }

  #attach(op: string, running: Running, listener: Listener): Attached {
    clearTimeout(running.orphan)
    running.listeners.add(listener)
    return {
      cancel: () => running.stop.abort(),
      leave: () => {
        running.listeners.delete(listener)
        if (running.listeners.size > 0) return
        running.orphan = setTimeout(() => {
          this.#logger.warn({ op }, 'its caller is gone for good: the act is stopped')
          running.stop.abort()
        }, this.#returnMs)
      },
    }
  }

  #end(op: string, outcome: Outcome): void {
    const running = must(this.#running.get(op), 'it was begun under this name')
    clearTimeout(running.orphan)
    this.#running.delete(op)
    // Stopped because nobody listened, or because we end: whoever asks again wants it done.
    const isForgotten = running.stop.signal.aborted && (running.listeners.size === 0 || this.#closing)
    if (!isForgotten) this.#remember(op, running.asked, outcome)
    if ('code' in outcome && outcome.code === 'provider.fault')
      this.#logger.error({ op, asked: running.asked, outcome }, 'an act failed')
    for (const { onOutcome } of running.listeners) onOutcome(outcome)
  }

  /** That it cannot be noted is no reason to keep the outcome from whoever waits for it. */
  #remember(op: string, asked: string, outcome: Outcome): void {
    try {
      this.#ended.add(op, asked, outcome)
    } catch (error) {
      this.#logger.error({ err: error, op }, 'the outcome of an act could not be written')
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    const open = [...this.#running.values()]
    for (const { stop } of open) stop.abort()
    await Promise.all(open.map(({ ended }) => ended))
    this.#ended.close()
  }
}

function refuse(listener: Listener, message: string): null {
  listener.onOutcome({ code: 'provider.invalid', message })
  return null
}

async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { value: (await call) ?? null }
  } catch (error) {
    if (error instanceof ProviderError) return { code: error.code, message: error.message }
    return { code: 'provider.fault', message: error instanceof Error ? error.message : 'unknown' }
  }
}
