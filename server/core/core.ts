/** What every room gets: the house's parts by name. Assembled in main.ts, replaced by literals in tests. */
import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import type { Logger } from 'pino'
import type { ActResult } from '#wire'
import type { Audit } from './audit.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Collection, Ctx, Doc, Refusal } from './feature.ts'
import type { Jobs } from './jobs.ts'
import type { Leases } from './leases.ts'
import type { Metrics } from './metrics.ts'
import type { Views } from './views.ts'

/** A document as decided: `doc` is whole, `base` the version it was decided on (0: must not exist yet). */
export interface Write {
  collection: Collection
  doc: Doc
  base: number
}

export type Written = { ok: true; doc: Doc } | { ok: false; current: Doc | null }

/** What `decide` answers for one document: the next document, nothing to do, or a refusal. */
export type Decision<D extends Doc> = { next: D } | { same: true } | Refusal

/** The ONLY way to change a live document: documents by `{_id, v}`, then one log entry per batch (S2). */
export interface Changes {
  /** Unordered compare-and-set of many documents; each result says whether it won and what stands now. */
  write(writes: Write[]): Promise<Written[]>
  /**
   * Acts per item (S3): reads the hot document, decides, writes, decides again on a lost race. Documents of another
   * tenant and missing ones answer alike (`request.not-found`). Remembers ctx.command in the document.
   */
  each<D extends Doc>(
    ctx: Ctx,
    collection: Collection<D>,
    ids: readonly string[],
    decide: (doc: D) => Decision<D>,
    /** Before each write: for what must stand when the document has forgotten it. May run for a write that loses. */
    prepare?: (pairs: readonly { before: D; next: D }[]) => Promise<void>,
  ): Promise<ActResult[]>
  /** Creates under a deterministic `_id`; null when it exists (and is not gone). */
  create<D extends Doc>(ctx: Ctx, collection: Collection<D>, doc: Omit<D, 'v'>): Promise<D | null>
  /** Puts what stands already into the log once more: a redo cannot know whether the dead node had told. */
  republish(collection: Collection, docs: readonly Doc[]): void
  /** Last value, unsequenced, not stored (S8): `k[key]` of the tenant's room of that view; null takes it away. */
  tell(tenant: string, view: string, key: string, value: unknown): void
  /** Waits until everything written by this node so far is in the log; false when it took longer than `ms`. */
  published(ms: number): Promise<boolean>
}

export interface Core {
  config: Config
  logger: Logger
  clock: Clock
  metrics: Metrics
  /** Native driver handle of mongoose's connection: for collections that are not live (history, reports, audit). */
  db: Db
  redis: Redis
  /** Names this process run: no two runs share it. */
  incarnation: string
  views: Views
  changes: Changes
  audit: Audit
  leases: Leases
  jobs: Jobs
  /** Somebody on any node has this item of the view open; set by the composition root. */
  looks: (tenant: string, view: string, item: string) => boolean
  /** Ends every socket and session use of an operator, token or display at once (S15). */
  revoke: (who: { operator?: string; token?: string; session?: string; display?: string }) => void
}
