/** Reports and acts by HTTP against whichever node answers, repeated under the same id until one says yes. */
import { randomUUID } from 'node:crypto'
import type { ActResult } from '#wire'
import { Client } from '../../support/client.ts'
import type { Faults } from './faults.ts'

const severities = ['critical', 'high', 'medium', 'low']
const patienceMs = 40_000

export interface Acted {
  tenant: string
  id: string
  v: number
  at: number
}

export class Workload {
  readonly accepted: { tenant: string; summary: string }[] = []
  readonly acted: Acted[] = []
  readonly unanswered: string[] = []
  #faults: Faults
  #urls: () => string[]
  #count = 0

  constructor(faults: Faults, urls: () => string[]) {
    this.#faults = faults
    this.#urls = urls
  }

  async report(tenant: string, token: string): Promise<void> {
    const { chance } = this.#faults
    const reports = Array.from({ length: 1 + chance.below(6) }, () => ({
      id: `r${++this.#count}`,
      type: 'stutter',
      severity: chance.pick(severities),
      status: chance.chance(0.15) ? 'cleared' : 'firing',
      desktop: `${tenant}-${chance.below(25)}`,
      user: 'someone',
      summary: `report ${this.#count}`,
    }))
    const answer = await this.#insist('a batch of reports', (url) =>
      Client.withToken(url, token).post('/alarms', reports),
    )
    if (answer) for (const { summary } of reports) this.accepted.push({ tenant, summary })
  }

  async acknowledge(tenant: string, cookie: string, ids: string[]): Promise<void> {
    const key = { 'Idempotency-Key': randomUUID() }
    const answer = await this.#insist('an act', (url) =>
      new Client(url, cookie).post('/alarms/actions/acknowledge', { ids }, key),
    )
    const at = performance.now()
    for (const { id, ok, v } of answer?.as<{ results: ActResult[] }>().results ?? []) {
      if (ok && v !== undefined) this.acted.push({ tenant, id, v, at })
    }
  }

  async #insist(what: string, send: (url: string) => ReturnType<Client['post']>) {
    const deadline = performance.now() + patienceMs
    let last: unknown
    while (performance.now() < deadline) {
      try {
        const answer = await send(this.#faults.chance.pick(this.#urls()))
        if (answer.status < 300) return answer
        last = `${answer.status} ${JSON.stringify(answer.body)}`
        if (answer.status < 500 && answer.status !== 409 && answer.status !== 429) break
      } catch (error) {
        last = error
      }
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    this.unanswered.push(`${what}: ${String(last)}`)
    return null
  }
}
