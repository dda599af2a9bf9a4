/** Reads the chain by exact places only: that is what every database can do fast. */
import type { Core } from '../../core/core.ts'
import { EVENTS, eventId, HEADS, type AuditEvent } from '../../core/audit.ts'
import { documents } from '../../core/mongo.ts'
import type { AuditQuery, AuditRow } from './contract.ts'

const mostPerRead = 100
/** Rows looked at for one page; then the cursor lets the caller go on. */
const mostLookedAt = 2_000
/** Entries are ordered by their time except within such a span. */
const slackMs = 60_000

type Where = Pick<Core, 'db'>

/** Number of the last entry; the head may be a moment behind the chain, so what follows it is looked at too. */
export async function lastNumber({ db }: Where, tenant: string): Promise<number> {
  const head = await documents<{ _id: string; n: number }>(db, HEADS).findOne({ _id: `${tenant}:head` })
  let n = head?.n ?? 0
  for (;;) {
    const after = await rows({ db }, tenant, n + 1, n + mostPerRead)
    if (after.length === 0) return n
    n += after.length
  }
}

/** Entries `from` to `to`, in order; missing ones are missing. */
export async function rows({ db }: Where, tenant: string, from: number, to: number): Promise<AuditEvent[]> {
  const ids = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => eventId(tenant, from + index))
  if (ids.length === 0) return []
  const found = await documents<AuditEvent>(db, EVENTS)
    .find({ _id: { $in: ids } })
    .toArray()
  return found.sort((a, b) => (a._id < b._id ? -1 : 1))
}

export async function newestFirst(where: Where, tenant: string, query: AuditQuery) {
  const last = await lastNumber(where, tenant)
  const before = query.cursor === undefined ? last + 1 : Number.parseInt(query.cursor, 10) || 0
  let at = Math.min(before - 1, last)
  if (query.to !== undefined) at = Math.min(at, await lastBefore(where, tenant, query.to + slackMs, at))
  const items: AuditRow[] = []
  for (let looked = 0; at > 0 && items.length < query.limit && looked < mostLookedAt;) {
    const step = Math.min(mostPerRead, at, Math.max(query.limit - items.length, 20))
    const found = await rows(where, tenant, at - step + 1, at)
    looked += step
    const newest = found.reverse()
    if (query.from !== undefined && newest.length && newest.every((row) => row.at < (query.from ?? 0) - slackMs)) {
      at = 0
      break
    }
    for (const row of newest) {
      at = row.n - 1
      if (matches(row, query)) items.push(present(row))
      if (items.length === query.limit) break
    }
    if (newest.length === 0) at -= step
  }
  const filtered = [query.who, query.verb, query.noun, query.from, query.to].some((value) => value !== undefined)
  return { items, nextCursor: at > 0 ? String(at + 1) : null, total: filtered ? null : last }
}

function matches(row: AuditEvent, query: AuditQuery): boolean {
  const who = query.who?.toLowerCase()
  return (
    (!who || row.actor.name.toLowerCase().includes(who) || row.actor.id.toLowerCase().includes(who)) &&
    (!query.verb || row.verb === query.verb) &&
    (!query.noun || row.noun === query.noun) &&
    (query.from === undefined || row.at >= query.from) &&
    (query.to === undefined || row.at <= query.to)
  )
}

/** The last place up to `most` whose time is not after `time`: a search by halves over exact ids. */
async function lastBefore(where: Where, tenant: string, time: number, most: number): Promise<number> {
  let low = 0
  let high = most
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const [row] = await rows(where, tenant, middle, middle)
    if (!row || row.at <= time) low = middle
    else high = middle - 1
  }
  return low
}

/** In order, page by page: constant memory however long the chain is. */
export async function* everything(where: Where, tenant: string, from?: number, to?: number): AsyncGenerator<AuditRow> {
  const last = await lastNumber(where, tenant)
  const first = from === undefined ? 1 : (await lastBefore(where, tenant, from - slackMs, last)) + 1
  for (let n = Math.max(1, first); n <= last; n += mostPerRead) {
    for (const row of await rows(where, tenant, n, Math.min(n + mostPerRead - 1, last))) {
      if (to !== undefined && row.at > to + slackMs) return
      if ((from === undefined || row.at >= from) && (to === undefined || row.at <= to)) yield present(row)
    }
  }
}

export const present = (row: AuditEvent): AuditRow => ({
  id: row._id,
  n: row.n,
  at: row.at,
  actor: { kind: row.actor.kind, id: row.actor.id, name: row.actor.name },
  address: row.address,
  verb: row.verb,
  noun: row.noun,
  ids: row.ids,
  before: parsed(row.before),
  after: parsed(row.after),
  result: row.result,
  code: row.code,
  hash: row.hash,
})

/** Somebody may have tampered with the text: then it is shown as it is. */
function parsed(text: string | null): unknown {
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
