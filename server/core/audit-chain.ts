/**
 * The one writer of the audit chains. Runs under a lease; even two writers at once cannot fork a chain, because a row's
 * `_id` is its place and `source` is unique: the loser reads the end again.
 */
import { createHash } from 'node:crypto'
import type { Db } from 'mongodb'
import type { Logger } from 'pino'
import { canonical, EVENTS, eventId, HEADS, INBOX, type Audit, type AuditEvent, type InboxEntry } from './audit.ts'
import { checkedHead, readHeadFile, signHead, writeHeadFile, type Head } from './audit-head.ts'
import type { Clock } from './clock.ts'
import { envelopeOf } from './envelope.ts'
import { documents, isDuplicate } from './mongo.ts'

export const genesis = '0'.repeat(64)
const mostPerRead = 1_000
const mostPerInsert = 100
/** Facts of other nodes are looked for at every so many ticks. */
const idleTicks = 4

interface End {
  n: number
  hash: string
}

export interface ChainParts {
  db: Db
  audit: Audit
  logger: Logger
  clock: Clock
  config: { DATA_DIR: string; MASTER_KEY_FILE?: string | undefined }
}

type StoredHead = Head & { _id: string }

export class AuditChain {
  readonly #parts: ChainParts
  #ends = new Map<string, End>()
  #ticks = 0

  constructor(parts: ChainParts) {
    this.#parts = parts
  }

  async tick(): Promise<void> {
    if (this.#parts.audit.pending === 0 && this.#ticks++ % idleTicks !== 0) return
    await this.drain()
  }

  /** Moves everything that waits; ends when a read finds nothing. */
  async drain(): Promise<void> {
    for (;;) {
      this.#parts.audit.pending = 0
      const waiting = await documents<InboxEntry>(this.#parts.db, INBOX).find({}).limit(mostPerRead).toArray()
      if (waiting.length === 0) return
      for (const [tenant, entries] of Map.groupBy(waiting, (entry) => entry.tenant)) await this.#chain(tenant, entries)
    }
  }

  async #chain(tenant: string, entries: InboxEntry[]): Promise<void> {
    const known = this.#ends.get(tenant)
    const end = known ?? (await this.#findEnd(tenant))
    const fresh = known ? entries : await this.#notChained(entries)
    this.#ends.set(tenant, end)
    fresh.sort((a, b) => a.at - b.at || (a._id < b._id ? -1 : 1))
    let last = end
    for (let from = 0; from < fresh.length; from += mostPerInsert) {
      const rows = link(last, fresh.slice(from, from + mostPerInsert))
      try {
        await documents<AuditEvent>(this.#parts.db, EVENTS).insertMany(rows, { ordered: true })
      } catch (error) {
        // Refused or unknown: what stands there is read again before anything more is written.
        this.#ends.delete(tenant)
        if (!isDuplicate(error)) throw error
        return
      }
      last = rows.at(-1) ?? last
      this.#ends.set(tenant, { n: last.n, hash: last.hash })
    }
    if (last !== end) await this.#sign(tenant, last)
    await this.#forget(entries)
  }

  /** After a restart the first entries may be in the chain already: only their removal was missing. */
  async #notChained(entries: InboxEntry[]): Promise<InboxEntry[]> {
    const fresh: InboxEntry[] = []
    for (const entry of entries) {
      if (!(await documents<AuditEvent>(this.#parts.db, EVENTS).findOne({ source: entry._id }))) fresh.push(entry)
    }
    return fresh
  }

  async #forget(entries: InboxEntry[]): Promise<void> {
    await documents<InboxEntry>(this.#parts.db, INBOX).bulkWrite(
      entries.map(({ _id }) => ({ deleteOne: { filter: { _id } } })),
      { ordered: false },
    )
  }

  /**
   * The end of what stands, never before the signed head: when rows behind the head are missing or changed, the chain
   * goes on after the head's place, so that the damage stays visible for ever.
   */
  async #findEnd(tenant: string): Promise<End> {
    const { db, config, logger } = this.#parts
    const head = await newestHead(db, config, tenant)
    const events = documents<AuditEvent>(db, EVENTS)
    let end: End = head ? { n: head.n, hash: head.hash } : { n: 0, hash: genesis }
    if (head && head.n > 0) {
      const standing = await events.findOne({ _id: eventId(tenant, head.n) })
      if (standing?.hash !== head.hash)
        logger.error({ tenant, n: head.n }, 'the audit chain was changed: run audit verify')
    }
    for (;;) {
      const next = await events.findOne({ _id: eventId(tenant, end.n + 1) })
      if (!next) return end
      end = { n: next.n, hash: next.hash }
    }
  }

  async #sign(tenant: string, end: End): Promise<void> {
    const { db, config, clock } = this.#parts
    const head = signHead(await envelopeOf(config), { tenant, n: end.n, hash: end.hash, at: clock.now() })
    await writeHeadFile(config.DATA_DIR, head)
    const _id = `${tenant}:head`
    await documents<StoredHead>(db, HEADS).replaceOne({ _id }, { ...head }, { upsert: true })
  }
}

function link(end: End, entries: InboxEntry[]): AuditEvent[] {
  let { n, hash } = end
  return entries.map(({ _id: source, ...entry }) => {
    const row = { ...entry, _id: eventId(entry.tenant, ++n), n, source, prev: hash }
    hash = hashOf(row)
    return { ...row, hash }
  })
}

/** Over everything in the row but the hash itself. */
export function hashOf(row: Omit<AuditEvent, 'hash'> & { hash?: string }): string {
  const { hash: _, ...rest } = row
  return createHash('sha256').update(canonical(rest)).digest('hex')
}

/** The greatest head with our signature, from the file or (a takeover by another machine) from the database. */
export async function newestHead(db: Db, config: ChainParts['config'], tenant: string): Promise<Head | null> {
  const envelope = await envelopeOf(config)
  const file = await readHeadFile(envelope, config.DATA_DIR, tenant)
  const row = await documents<StoredHead>(db, HEADS).findOne({ _id: `${tenant}:head` })
  const heads = [file === 'forged' ? null : file, checkedHead(envelope, row, tenant)]
  return heads.reduce((best, head) => (head && (!best || head.n > best.n) ? head : best), null)
}
