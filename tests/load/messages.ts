/** Questions and answers between the bench and the processes that it starts. */
import type { ChildProcess } from 'node:child_process'

interface Question {
  id: number
  name: string
  input: unknown
}

type Answer = { id: number; value: unknown } | { id: number; error: string }

/** What a process can be asked. Both ends are ours and of one revision, so inputs are not checked again. */
type Handlers = Record<string, (input: never) => unknown>

export function answerParent(handlers: Handlers): void {
  process.on('message', (message: Question) => {
    const handler = handlers[message.name] as ((input: unknown) => unknown) | undefined
    if (!handler) return
    const reply = (answer: Answer) => process.send?.(answer)
    Promise.resolve(message.input)
      .then(handler)
      .then(
        (value) => reply({ id: message.id, value }),
        (error: unknown) =>
          reply({ id: message.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
  })
}

export class Correspondence {
  readonly #child: ChildProcess
  #open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #asked = 0

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: Answer) => {
      const waiting = this.#open.get(answer.id)
      this.#open.delete(answer.id)
      if ('error' in answer) waiting?.reject(new Error(answer.error))
      else waiting?.resolve(answer.value)
    })
    child.once('exit', (code) => {
      for (const { reject } of this.#open.values()) reject(new Error(`the process ended with ${code}`))
    })
  }

  ask<T>(name: string, input?: unknown): Promise<T> {
    const id = ++this.#asked
    return new Promise<T>((resolve, reject) => {
      this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#child.send({ id, name, input } satisfies Question)
    })
  }
}
