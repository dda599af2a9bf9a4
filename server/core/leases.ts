/**
 * Who is alive and who owns which clock. A node renews one lease by compare-and-set; clocks belong to a node and go
 * with it. A lease unchanged for long enough — on the taker's own monotonic clock, counting only time in which it could
 * renew its own, so that a database outage is nobody's death — is taken, and what its node left open is redone once.
 */
import { hostname } from 'node:os'
import type { Db } from 'mongodb'
import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { documents, isDuplicate } from './mongo.ts'
import { must } from './must.ts'
import type { LeaseSign } from './sync/health.ts'

interface NodeLease {
  _id: string
  v: number
  incarnation: string
  /** `taking` while somebody redoes what the node left open. */
  taker: string | null
  host: string
  pid: number
  /** ms: age of the oldest change that its node had committed and not published when it last renewed (S13). */
  behind: number
  /** Work orders it can run at once: only workers have any, and none while they drain. */
  slots?: number
}

interface ClockLease {
  _id: string
  v: number
  holder: string
}

interface Seen {
  v: number
  /** Our own time since this version was first seen, ms. */
  quietFor: number
  /** The node renewed after this: when the last read was sent that still saw the version before. */
  changedAt: number
}

/** A dead node's lease while this one redoes what it left open. */
interface Taking {
  v: number
  done: Promise<void>
}

export interface LeaseWork {
  /** Redo everything that the dead node left open; called once per dead node, again after a failure. null: others do. */
  takeOver: ((incarnation: string) => Promise<void>) | null
  /** Work orders this node can run at once. */
  slots?: () => number
  /** ms: age of our oldest unpublished change, told with every renewal. */
  behind: () => number
  /** Other nodes' signs, as answered to a read sent at `sentAt` (monotonic). */
  read: (sentAt: number, signs: LeaseSign[]) => void
  /** Our own lease is gone: somebody took us for dead. */
  lost: () => void
}

const nodes = 'leases'
const clocks = 'clock-leases'
/** Of the time after which a lease is taken over: the rest is for the way to the database and back. */
const certainPart = 5 / 8

export class Leases {
  readonly #db: Db
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #config: Pick<Config, 'LEASE_RENEW_MS' | 'LEASE_EXPIRE_MS'>
  readonly incarnation: string
  #v = 0
  #seen = new Map<string, Seen>()
  /** Last known holders of clocks. */
  #holders = new Map<string, string>()
  #alive = new Set<string>()
  #slots = new Map<string, number>()
  #taking = new Map<string, Taking>()
  /** When the renewal was sent that last succeeded. */
  #renewedAt = -Infinity
  /** When the last answered read of all leases was sent; null after a round that failed. */
  #lastRound: number | null = null
  #readAt = -Infinity
  #missedSince = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(parts: {
    db: Db
    clock: Clock
    logger: Logger
    config: Pick<Config, 'LEASE_RENEW_MS' | 'LEASE_EXPIRE_MS'>
    incarnation: string
  }) {
    this.#db = parts.db
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#config = parts.config
    this.incarnation = parts.incarnation
  }

  /** Takes this node's lease and the work of dead nodes of this host at once; then goes on by itself. */
  async start(work: LeaseWork): Promise<void> {
    const startedAt = this.#clock.monotonic()
    await this.#nodes().insertOne({ ...this.#own(work), v: 1 })
    this.#v = 1
    this.#renewedAt = startedAt
    await this.#watch(work, startedAt)
    this.#schedule(work)
    await Promise.all([...this.#taking.values()].map(({ done }) => done))
  }

  /** Lets others take our clocks at once. With work left open the lease stays, and whoever takes it does that work. */
  async stop(left: 'nothing' | 'work' = 'nothing'): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#round
    if (left === 'nothing') await this.#nodes().deleteOne({ _id: this.#id(this.incarnation) })
  }

  /** Nobody can have taken this node for dead yet, whatever happened since it last renewed. */
  get certain(): boolean {
    return this.#clock.monotonic() - this.#renewedAt < this.#config.LEASE_EXPIRE_MS * certainPart
  }

  /** Resolves when this node is known to hold its lease; never, when it lost it (then the process ends). */
  async held(): Promise<void> {
    while (!this.certain) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  /** Nodes that are alive as far as this one knows, itself among them. */
  get alive(): ReadonlySet<string> {
    return this.#alive
  }

  /** Workers that are alive, with the orders each can run at once. */
  get workers(): ReadonlyMap<string, number> {
    return this.#slots
  }

  /** Ended, or dead and redone, for at least so long; a node that has just come is never taken for one that went. */
  goneFor(incarnation: string, ms: number): boolean {
    if (incarnation === this.incarnation || this.#seen.has(this.#id(incarnation))) {
      this.#missedSince.delete(incarnation)
      return false
    }
    const since = this.#missedSince.get(incarnation)
    if (since === undefined) this.#missedSince.set(incarnation, this.#clock.monotonic())
    return since !== undefined && this.#readAt > since + ms
  }

  /** Asked of the database: its lease is gone, so nobody will redo what it left. */
  async isGone(incarnation: string): Promise<boolean> {
    return (await this.#nodes().findOne({ _id: this.#id(incarnation) })) === null
  }

  /** True when this node owns the named clock; takes it when nobody alive does. */
  async owns(name: string): Promise<boolean> {
    if (this.#stopped) return false
    // A clock leaves its holder only with the holder's lease, so the database is asked once and not at every tick.
    const holder = this.#holders.get(name)
    if (holder === this.incarnation && this.certain) return true
    if (holder !== undefined && holder !== this.incarnation && this.#seen.has(this.#id(holder))) return false
    const owned = await this.#take(name)
    if (owned) this.#holders.set(name, this.incarnation)
    return owned
  }

  async #take(name: string): Promise<boolean> {
    const lease = await this.#clocks().findOne({ _id: name })
    if (lease) this.#holders.set(name, lease.holder)
    if (lease?.holder === this.incarnation) return true
    if (lease && (this.#seen.has(this.#id(lease.holder)) || !(await this.isGone(lease.holder)))) return false
    try {
      const v = (lease?.v ?? 0) + 1
      const filter = lease ? { _id: name, v: lease.v } : { _id: name, v: 0 }
      await this.#clocks().updateOne(filter, { $set: { holder: this.incarnation, v } }, { upsert: true })
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  #schedule(work: LeaseWork): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#round = this.#renew(work)
        .catch((error: unknown) => {
          // Time in which we could not renew says nothing about the others.
          this.#lastRound = null
          this.#logger.warn({ err: error }, 'the lease could not be renewed, trying on')
        })
        .finally(() => this.#schedule(work))
    }, this.#config.LEASE_RENEW_MS)
  }

  async #renew(work: LeaseWork): Promise<void> {
    const startedAt = this.#clock.monotonic()
    const filter = { _id: this.#id(this.incarnation), v: this.#v }
    const told = { v: this.#v + 1, behind: work.behind(), ...(work.slots && { slots: work.slots() }) }
    const renewed = await this.#nodes().updateOne(filter, { $set: told })
    if (renewed.matchedCount !== 1) return (await this.#stillOurs()) ? this.#renew(work) : work.lost()
    this.#v += 1
    this.#renewedAt = startedAt
    for (const [id, taking] of this.#taking) await this.#renewTaken(id, taking)
    await this.#watch(work, startedAt)
  }

  /** An answer lost after its commit leaves our lease one ahead of what we believe. */
  async #stillOurs(): Promise<boolean> {
    const lease = await this.#nodes().findOne({ _id: this.#id(this.incarnation) })
    if (!lease || lease.taker !== null) return false
    this.#v = lease.v
    return true
  }

  /** A long redo is not a dead one. */
  async #renewTaken(id: string, taking: Taking): Promise<void> {
    const renewed = await this.#nodes().updateOne({ _id: id, v: taking.v }, { $set: { v: taking.v + 1 } })
    if (renewed.matchedCount === 1) taking.v += 1
    else taking.v = (await this.#nodes().findOne({ _id: id, taker: this.incarnation }))?.v ?? taking.v
  }

  async #watch(work: LeaseWork, startedAt: number): Promise<void> {
    const leases = await this.#nodes().find({}).toArray()
    // A long pause of ours (suspended) counts as at most two rounds of theirs.
    const elapsed =
      this.#lastRound === null ? 0 : Math.min(startedAt - this.#lastRound, 2 * this.#config.LEASE_RENEW_MS)
    const readBefore = this.#readAt
    this.#lastRound = this.#readAt = startedAt
    const present = new Set(leases.map((lease) => lease._id))
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id)
    const dead: NodeLease[] = []
    const signs: LeaseSign[] = []
    for (const lease of leases) {
      const before = this.#seen.get(lease._id)
      const same = before?.v === lease.v ? before : null
      const seen = {
        v: lease.v,
        quietFor: same ? same.quietFor + elapsed : 0,
        changedAt: same ? same.changedAt : readBefore,
      }
      this.#seen.set(lease._id, seen)
      if (lease.incarnation !== this.incarnation) signs.push({ changedAt: seen.changedAt, behind: lease.behind })
      if (this.#isDead(lease, seen.quietFor)) dead.push(lease)
    }
    this.#alive = new Set(
      leases.filter((lease) => lease.taker === null && !dead.includes(lease)).map((lease) => lease.incarnation),
    )
    this.#slots = new Map(
      leases.flatMap(({ incarnation, slots }) =>
        slots !== undefined && this.#alive.has(incarnation) ? [[incarnation, slots]] : [],
      ),
    )
    work.read(startedAt, signs)
    const { takeOver } = work
    if (takeOver) for (const lease of dead) await this.#takeOver(lease, takeOver)
  }

  #isDead(lease: NodeLease, quietFor: number): boolean {
    if (lease.incarnation === this.incarnation || this.#taking.has(lease._id)) return false
    if (quietFor >= this.#config.LEASE_EXPIRE_MS || lease.taker === this.incarnation) return true
    return lease.host === hostname() && !processExists(lease.pid)
  }

  /** The redo goes on beside our own renewals, however long it takes; when it fails, the next round begins it again. */
  async #takeOver(lease: NodeLease, redo: (incarnation: string) => Promise<void>): Promise<void> {
    const filter = { _id: lease._id, v: lease.v }
    const taken = await this.#nodes().updateOne(filter, {
      $set: { v: lease.v + 1, taker: this.incarnation, host: hostname(), pid: process.pid },
    })
    if (taken.matchedCount !== 1) return
    this.#logger.warn({ node: lease.incarnation }, 'a node died: redoing what it left open')
    this.#taking.set(lease._id, { v: lease.v + 1, done: this.#redo(lease, redo) })
  }

  async #redo(lease: NodeLease, redo: (incarnation: string) => Promise<void>): Promise<void> {
    try {
      await redo(lease.incarnation)
      await this.#nodes().deleteOne({ _id: lease._id })
      this.#seen.delete(lease._id)
    } catch (error) {
      this.#logger.error(
        { err: error, node: lease.incarnation },
        'the work of a dead node could not be redone, trying again',
      )
    } finally {
      this.#taking.delete(lease._id)
    }
  }

  #own(work: LeaseWork): Omit<NodeLease, 'v'> {
    return {
      _id: this.#id(this.incarnation),
      incarnation: this.incarnation,
      taker: null,
      host: hostname(),
      pid: process.pid,
      behind: 0,
      ...(work.slots && { slots: work.slots() }),
    }
  }

  #id(incarnation: string): string {
    return `node:${incarnation}`
  }

  #nodes() {
    return documents<NodeLease>(this.#db, nodes)
  }

  #clocks() {
    return documents<ClockLease>(this.#db, clocks)
  }
}

/** Collections that need `{_id, v}` like the live ones. */
export const leaseCollections = [nodes, clocks].map((noun) => ({ noun, hot: false }))

function processExists(pid: number): boolean {
  try {
    process.kill(must(pid, 'a lease names its process'), 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
