/**
 * Who lost a claim stands in the alarm's timeline too. Of many at once each would race the next one's write, so they are
 * gathered and written as one; the refusal itself is in the audit trail, whatever becomes of this.
 */
import type { ActResult } from '#wire'
import type { Core } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import { noted, type NewEntry } from './entries.ts'
import type { AlarmDoc } from './model.ts'

const gatheredMs = 200
/** A bulk claim over what others hold already is no race that anybody lost. */
const mostOfOneAct = 20

export class LostClaims {
  readonly #core: Core
  readonly #write: (tenant: string, ids: readonly string[], change: (alarm: AlarmDoc) => AlarmDoc) => Promise<unknown>
  #waiting = new Map<string, { tenant: string; entries: NewEntry[] }>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(
    core: Core,
    write: (tenant: string, ids: readonly string[], change: (alarm: AlarmDoc) => AlarmDoc) => Promise<unknown>,
  ) {
    this.#core = core
    this.#write = write
  }

  gather(ctx: Ctx, results: readonly ActResult[]): void {
    const lost = results.filter(({ problem }) => problem?.code === 'claim.taken')
    if (lost.length === 0 || results.length > mostOfOneAct) return
    for (const { id, problem } of lost) {
      const holder = problem?.params?.['by']
      const of = this.#waiting.get(id) ?? { tenant: ctx.tenant, entries: [] }
      of.entries.push({
        at: ctx.now,
        what: 'claim-lost',
        by: ctx.actor.name,
        byId: ctx.actor.id,
        ...(typeof holder === 'string' && { to: holder }),
      })
      this.#waiting.set(id, of)
    }
    this.#timer ??= setTimeout(() => void this.flush(), gatheredMs)
  }

  /** Resolves when all that was gathered so far is written, or was given up. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const gathered = this.#waiting
    this.#waiting = new Map()
    this.#writing = this.#writing.then(() => this.#writeAll(gathered))
    await this.#writing
  }

  async #writeAll(gathered: ReadonlyMap<string, { tenant: string; entries: NewEntry[] }>): Promise<void> {
    try {
      for (const [id, { tenant, entries }] of gathered)
        await this.#write(tenant, [id], (alarm) => entries.reduce(noted, alarm))
    } catch (error) {
      this.#core.logger.warn({ err: error }, 'a timeline does not tell of lost claims; the audit trail does')
    }
  }
}
