/**
 * The audit trail. A fact is first durable in `audit-inbox` (before the answer: no audit, no act), then moved in order
 * into the tenant's hash chain by audit-chain.ts. Entries hold names and decisions, never secrets.
 */
import type { Db } from 'mongodb'
import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { Actor, Collection, Ctx } from './feature.ts'
import { documents, refusedIndexes } from './mongo.ts'
import { fail } from './problems.ts'

export const auditResults = ['ok', 'refused', 'partial', 'failed'] as const
export type AuditResult = (typeof auditResults)[number]

export interface AuditFact {
  verb: string
  noun: string
  ids?: readonly string[]
  before?: unknown
  after?: unknown
  result: AuditResult
  /** Error code of a refusal. */
  code?: string
  /** Tells several facts of one command apart. */
  index?: number
}

/** The part of a context that says who acted. */
export type Who = Pick<Ctx, 'tenant' | 'actor' | 'address' | 'command'>

export interface InboxEntry {
  _id: string
  tenant: string
  at: number
  command: string
  actor: Actor
  address: string
  verb: string
  noun: string
  ids: string[]
  /** JSON text: what is hashed is what is stored, byte by byte. */
  before: string | null
  after: string | null
  result: AuditResult
  code: string | null
}

export interface AuditEvent extends Omit<InboxEntry, '_id'> {
  /** `acme:` and `n` in ten digits. */
  _id: string
  n: number
  /** `_id` of the inbox entry: unique, so nothing is chained twice. */
  source: string
  prev: string
  hash: string
}

export const INBOX = 'audit-inbox'
export const EVENTS = 'audit-events'
export const HEADS = 'audit-heads'

/** `source` is unique: the database itself refuses to chain a fact twice. */
export const auditCollections: Collection[] = [
  { noun: INBOX, hot: false },
  { noun: EVENTS, hot: false, indexes: [{ key: { source: 1 }, unique: true }] },
  { noun: HEADS, hot: false },
]

export const eventId = (tenant: string, n: number) => `${tenant}:${String(n).padStart(10, '0')}`

export const mostIds = 500
const mostText = 16_000
const attempts = 4

export class Audit {
  readonly #db: Db
  readonly #logger: Logger
  readonly #clock: Clock
  /** Facts recorded here since the chain was last looked at: tells the writer to look now. */
  pending = 0

  constructor(parts: { db: Db; logger: Logger; clock: Clock }) {
    this.#db = parts.db
    this.#logger = parts.logger
    this.#clock = parts.clock
  }

  /** Resolves when the fact is durable; throws `store.unavailable` when that cannot be known. */
  record(who: Who, fact: AuditFact): Promise<void> {
    return this.recordAll(who, [fact])
  }

  async recordAll(who: Who, facts: readonly AuditFact[]): Promise<void> {
    const at = this.#clock.now()
    const entries = facts.map((fact) => toEntry(who, fact, at))
    for (let attempt = 1; ; attempt++) {
      try {
        await documents<InboxEntry>(this.#db, INBOX).insertMany(entries, { ordered: false })
        break
      } catch (error) {
        // Our own entries from an attempt whose answer was lost, or from the same command's first run.
        if (refusedIndexes(error)) break
        this.#logger.warn({ err: error, attempt }, 'audit facts could not be stored')
        if (attempt === attempts) fail('store.unavailable', {}, 2)
        await new Promise((resolve) => setTimeout(resolve, 100 * attempt))
      }
    }
    this.pending += facts.length
  }
}

function toEntry(who: Who, fact: AuditFact, at: number): InboxEntry {
  const key = who.command.startsWith(`${who.tenant}:`) ? who.command : `${who.tenant}:${who.command}`
  return {
    _id: `${key}:${fact.verb}:${fact.index ?? 0}`,
    tenant: who.tenant,
    at,
    command: who.command,
    actor: { kind: who.actor.kind, id: who.actor.id, name: who.actor.name },
    address: who.address,
    verb: fact.verb,
    noun: fact.noun,
    ids: (fact.ids ?? []).slice(0, mostIds),
    before: toText(fact.before),
    after: toText(fact.after),
    result: fact.result,
    code: fact.code ?? null,
  }
}

function toText(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const text = canonical(withoutSecrets(value, 0))
  return text.length <= mostText ? text : canonical({ truncated: text.slice(0, mostText) })
}

const secretName = /password|secret|token|credential|hash|totp|recovery|authorization|cookie|^code$/i

/** The last net under the callers, who name their secret fields themselves. */
function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > 6) return '(deep)'
  if (Array.isArray(value)) return value.slice(0, mostIds).map((item) => withoutSecrets(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) ? '(hidden)' : withoutSecrets(item, depth + 1),
    ]),
  )
}

/** JSON with sorted keys: the same value is always the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, item]) => item !== undefined)
    fields.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
