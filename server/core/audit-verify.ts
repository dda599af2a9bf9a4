/** Walks a tenant's chain against its signed head and says what is wrong where. */
import type { Db } from 'mongodb'
import { genesis, hashOf, newestHead, type ChainParts } from './audit-chain.ts'
import { EVENTS, eventId, INBOX, type AuditEvent, type InboxEntry } from './audit.ts'
import { readHeadFile } from './audit-head.ts'
import { envelopeOf } from './envelope.ts'
import { documents } from './mongo.ts'

export type FaultKind = 'changed' | 'missing' | 'moved' | 'broken-link' | 'cut' | 'head-forged' | 'head-missing'

export interface Fault {
  kind: FaultKind
  /** Place in the chain; 0 where the fault is not a row's. */
  n: number
  detail: string
}

export interface Verdict {
  tenant: string
  entries: number
  /** Last place that the signed head vouches for. */
  signed: number
  /** Durable, not in the chain yet. */
  waiting: number
  faults: Fault[]
}

const pageSize = 200

export async function verifyChain(db: Db, config: ChainParts['config'], tenant: string): Promise<Verdict> {
  const file = await readHeadFile(await envelopeOf(config), config.DATA_DIR, tenant)
  const head = await newestHead(db, config, tenant)
  const walk = new Walk(head)
  for (let n = 1; ; n += pageSize) {
    const found = await readPage(db, tenant, n)
    if (found.size === 0 && n > (head?.n ?? 0)) break
    for (let place = n; place < n + pageSize; place++) walk.step(place, found.get(eventId(tenant, place)))
  }
  const faults = walk.finish()
  if (file === 'forged')
    faults.unshift({ kind: 'head-forged', n: 0, detail: 'the head file does not carry our signature' })
  if (!head && walk.entries > 0) faults.push({ kind: 'head-missing', n: 0, detail: 'entries without any signed head' })
  const inbox = await documents<InboxEntry>(db, INBOX).find({}).toArray()
  const waiting = inbox.filter((entry) => entry.tenant === tenant).length
  return { tenant, entries: walk.entries, signed: head?.n ?? 0, waiting, faults }
}

async function readPage(db: Db, tenant: string, from: number): Promise<Map<string, AuditEvent>> {
  const ids = Array.from({ length: pageSize }, (_, index) => eventId(tenant, from + index))
  const rows = await documents<AuditEvent>(db, EVENTS)
    .find({ _id: { $in: ids } })
    .toArray()
  return new Map(rows.map((row) => [row._id, row]))
}

class Walk {
  readonly #head: { n: number; hash: string } | null
  #faults: Fault[] = []
  #gap: number[] = []
  /** Hash of the row before; null behind damage, where it is not known. */
  #before: string | null = genesis
  entries = 0

  constructor(head: { n: number; hash: string } | null) {
    this.#head = head
  }

  step(place: number, row: AuditEvent | undefined): void {
    if (!row) {
      this.#gap.push(place)
      this.#before = null
      return
    }
    const [first] = this.#gap
    if (first !== undefined) this.#fault('missing', first, `${span(first, place - 1)} deleted`)
    this.#gap = []
    this.entries++
    const fault = this.#judge(place, row)
    if (fault) this.#faults.push(fault)
    this.#before = fault && fault.kind !== 'broken-link' ? null : row.hash
  }

  #judge(place: number, row: AuditEvent): Fault | null {
    if (row.n !== place) return { kind: 'moved', n: place, detail: `holds what was written as row ${row.n}` }
    if (hashOf(row) !== row.hash) return { kind: 'changed', n: place, detail: 'its content does not match its hash' }
    if (this.#before !== null && row.prev !== this.#before) {
      return { kind: 'broken-link', n: place, detail: `does not follow row ${place - 1}, which was replaced` }
    }
    if (this.#head?.n === place && this.#head.hash !== row.hash) {
      return { kind: 'changed', n: place, detail: 'is not the row that the head was signed for' }
    }
    return null
  }

  finish(): Fault[] {
    const cut = this.#gap.filter((place) => place <= (this.#head?.n ?? 0))
    const [first] = cut
    if (first !== undefined) this.#fault('cut', first, `${span(first, cut.at(-1) ?? first)} cut off`)
    return this.#faults
  }

  #fault(kind: FaultKind, n: number, detail: string): void {
    this.#faults.push({ kind, n, detail })
  }
}

const span = (first: number, last: number) => (first === last ? `row ${first} was` : `rows ${first} to ${last} were`)
