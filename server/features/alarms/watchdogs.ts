/** Dead-man's switches: a sender that promised to be heard and fell silent raises an alarm, its return clears it. */
import type { Core } from '../../core/core.ts'
import type { Actor } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { ownId, type Report } from './model.ts'
import type { AlarmService } from './service.ts'
import { newSource, SourceDocs, sourceId, type SourceDoc } from './sources.ts'

/** Written at most this often; silence is measured in minutes. */
const coarseMs = 30_000

export class Watchdogs {
  readonly #core: Core
  readonly #service: Pick<AlarmService, 'accept'>

  constructor(core: Core, service: Pick<AlarmService, 'accept'>) {
    this.#core = core
    this.#service = service
  }

  heard(tenant: string, actor: Actor, now: number): void {
    const source =
      this.#core.views.get(SourceDocs, sourceId(tenant, actor.id)) ?? newSource(tenant, actor.id, actor.name)
    if (source.watchdogAt !== null && now - source.watchdogAt < coarseMs && !source.silent) return
    this.#write({ ...source, watchdogAt: now, silent: false }, source.v).catch((error: unknown) =>
      this.#core.logger.warn({ err: error, source: source._id }, 'a sign of life was not stored, the next one will be'),
    )
    if (source.silent) this.#tell({ ...source, watchdogAt: now }, 'cleared', now)
  }

  /** Under a lease, every few seconds. */
  async check(now: number): Promise<void> {
    const limit = this.#core.config.SILENCE_SECONDS * 1000
    for (const source of this.#core.views.all(SourceDocs)) {
      if (source.silent || source.watchdogAt === null || now - source.watchdogAt < limit) continue
      await this.#service.accept([silence(source, 'firing', now)])
      await this.#write({ ...source, silent: true }, source.v)
    }
  }

  async #write(doc: SourceDoc, base: number): Promise<void> {
    const [written] = await this.#core.changes.write([{ collection: SourceDocs, doc, base }])
    // Lost to another node that heard it too: the same news.
    must(written, 'one write has one result')
  }

  #tell(source: SourceDoc, status: 'firing' | 'cleared', now: number): void {
    this.#service
      .accept([silence(source, status, now)])
      .catch((error: unknown) =>
        this.#core.logger.warn({ err: error, source: source._id }, 'the return of a source was not recorded'),
      )
  }
}

function silence(source: SourceDoc, status: 'firing' | 'cleared', now: number): Report {
  return {
    id: ownId(source.tenant, 'system', `silence ${source._id} ${source.watchdogAt} ${status}`),
    tenant: source.tenant,
    sender: 'system',
    source: 'system',
    type: 'source-silent',
    severity: 'high',
    status,
    desktop: null,
    host: source.name,
    user: null,
    business: null,
    pool: null,
    region: null,
    summary: `${source.name}: no sign of life since ${new Date(source.watchdogAt ?? now).toISOString()}`,
    readings: {},
    labels: {},
    runbook: null,
    startsAt: null,
    endsAt: null,
    receivedAt: now,
  }
}
