/** An operator who acknowledges standing alarms one after another, each under a key of its own, until it is answered. */
import { fingerprint } from '../../../server/features/alarms/model.ts'
import type { Client } from '../../support/client.ts'

export class Acknowledger {
  readonly acknowledged: string[] = []
  readonly #people: Client[]
  readonly #most: number
  readonly #work: Promise<void>
  #stopping = false

  constructor(people: Client[], most: number) {
    this.#people = people
    this.#most = most
    this.#work = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#work
  }

  async #run(): Promise<void> {
    for (let n = 0; n < this.#most && !this.#stopping; n++) {
      const id = fingerprint({ tenant: 'acme', desktop: `STANDING-${n}`, host: null, type: 'stutter' })
      if (await this.#acknowledge(id, `ack-${n}`)) this.acknowledged.push(id)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** False when it was given up at the end of the run: then nothing is claimed. */
  async #acknowledge(id: string, key: string): Promise<boolean> {
    for (let attempt = 0; !this.#stopping || attempt < 3; attempt++) {
      const person = this.#people[attempt % this.#people.length]
      try {
        const answer = await person?.post('/alarms/actions/acknowledge', { ids: [id] }, { 'Idempotency-Key': key })
        if (answer?.status === 200) return answer.as<{ results: { ok: boolean }[] }>().results[0]?.ok === true
      } catch {
        // The node is gone: the other one, under the same key.
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    return false
  }
}
