/** A node of the simulation: boots, tails the log, keeps views and rooms, renews its lease, takes over dead ones. */
import { Health } from '../../../server/core/sync/health.ts'
import type { LeaseSign } from '../../../server/core/sync/health.ts'
import { LogTail } from '../../../server/core/sync/log-tail.ts'
import { RoomLog } from '../../../server/core/sync/room-log.ts'
import { unknown } from './database.ts'
import type { Doc, Row } from './documents.ts'
import { present, seenBy } from './documents.ts'
import { Doors } from './doors.ts'
import { perFrame, roomKeys, times } from './limits.ts'
import type { RoomKey } from './limits.ts'
import { failed } from './redis.ts'
import type { Entry } from './redis.ts'
import { ForgetfulRoomLog, HeedlessTail } from './broken.ts'
import type { World } from './world.ts'
import { Writer } from './writer.ts'

export class Node {
  alive = true
  stoppedUntil = 0
  redisRun = -1
  /** Cut off from Redis alone. */
  cutOff = false
  publishDelay: number
  tailDelay: number
  readonly name: string
  readonly slot: number
  readonly views = new Map<string, Doc>()
  readonly rooms = new Map<RoomKey, RoomLog<Row>>()
  readonly tail: LogTail
  readonly writer: Writer
  readonly doors: Doors
  readonly health: Health
  readonly world: World
  renewedAt: number
  /** How far this node's clock is off. */
  readonly #skew: number
  #lastAlive: number
  #leaseN = 0
  #looked = false
  #seen = new Map<string, { n: number; changedAt: number; unchanged: number }>()
  #redoing = new Set<string>()
  #reading = false
  #readAgain = false
  #reloadRun = 0
  #readNow = 0

  constructor(world: World, slot: number, name: string) {
    const { clock } = world
    this.world = world
    this.slot = slot
    this.name = name
    this.#skew = clock.chance(0.3) ? clock.between(-3.6e6, 3.6e6) : 0
    this.publishDelay = clock.chance(0.3) ? clock.between(10, 120) : 1
    this.tailDelay = clock.chance(0.3) ? clock.between(5, 60) : 1
    this.tail = world.broken === 'S6 gap ignored' ? new HeedlessTail() : new LogTail()
    this.health = new Health()
    this.renewedAt = this.#lastAlive = clock.now
    const Log = world.broken === 'S7 later entry wins' ? ForgetfulRoomLog : RoomLog
    for (const room of roomKeys) {
      this.rooms.set(room, new Log<Row>({ room, epoch: 0, seq: -1, now: () => clock.now, limit: 400, perFrame }))
    }
    this.writer = new Writer(this)
    this.doors = new Doors(this)
    world.database.leases.set(name, { n: 0, behind: 0, holder: name, redone: false })
    this.#connect()
    this.tick()
  }

  get time(): number {
    return this.world.clock.now + this.#skew
  }

  /** Runs as this process: not when it is dead, later when it is stopped. */
  enter(run: () => void): void {
    if (!this.alive) return
    const { clock } = this.world
    if (this.stoppedUntil > clock.now) {
      clock.after(this.stoppedUntil - clock.now, () => this.enter(run))
      return
    }
    // A process that was stopped cannot know what became of its clients' rights meanwhile (S15).
    if (clock.now - this.#lastAlive > times.stalled && this.world.broken !== 'S15 no check after a stall')
      this.doors.closeAll()
    this.#lastAlive = clock.now
    run()
  }

  later(delay: number, run: () => void): void {
    this.world.clock.after(delay, () => this.enter(run))
  }

  kill(): void {
    this.alive = false
    this.doors.closeAll()
  }

  /** Own acknowledged writes, the log, the load (S5). */
  take(doc: Doc): void {
    const held = this.views.get(doc.id)
    if (!held || held.v < doc.v) this.views.set(doc.id, doc)
  }

  // --- one owner ------------------------------------------------------------------------------------------------------

  tick(): void {
    const { clock, database } = this.world
    const sentAt = clock.now
    const behind = this.writer.behind()
    this.later(times.tick, () => this.tick())
    database.call(
      this,
      () => {
        const own = database.leases.get(this.name)
        if (!own || own.holder !== this.name) return null
        own.n = ++this.#leaseN
        own.behind = behind
        return [...database.leases].map(([name, lease]) => ({ name, ...lease }))
      },
      (leases) => {
        if (leases === unknown) return
        if (leases === null) return this.world.exit(this)
        this.#watch(leases, sentAt)
      },
    )
    this.read()
    if (this.tail.steady && this.#leaseN % 2 === 0) this.#lookAtEpoch()
  }

  #watch(leases: { name: string; n: number; behind: number; holder: string; redone: boolean }[], sentAt: number): void {
    // Only time in which this node renewed its own lease counts against others: an outage is nobody's death.
    const counted = sentAt - this.renewedAt < times.tick * 1.8 ? sentAt - this.renewedAt : 0
    const before = this.renewedAt
    this.renewedAt = sentAt
    const first = !this.#looked
    this.#looked = true
    const signs: LeaseSign[] = []
    for (const { name, n, behind, holder, redone } of leases) {
      if (name === this.name) continue
      if (redone) {
        this.#seen.delete(name)
        continue
      }
      let seen = this.#seen.get(name)
      if (!seen || seen.n !== n)
        this.#seen.set(name, (seen = { n, changedAt: first ? -Infinity : before, unchanged: 0 }))
      else seen.unchanged += counted
      signs.push({ changedAt: seen.changedAt, behind })
      const dead = seen.unchanged > times.leaseTakeover || this.world.replacedBy(name) === this
      if (dead && !this.#redoing.has(name)) this.#takeOver(name, holder)
    }
    this.health.leasesRead(sentAt, this.world.broken === 'S13 other nodes not counted' ? [] : signs)
  }

  #takeOver(name: string, holder: string): void {
    const { database } = this.world
    database.call(
      this,
      () => {
        const lease = database.leases.get(name)
        if (!lease || lease.holder !== holder || lease.redone) return false
        // A taker that is alive finishes the redo itself.
        if (holder === this.name) return true
        if (holder !== name && database.leases.get(holder)?.holder === holder && this.world.isAlive(holder))
          return false
        lease.holder = this.name
        lease.n++
        return true
      },
      (won) => {
        if (won !== true || this.#redoing.has(name)) return
        this.#redoing.add(name)
        this.writer.redo(name)
      },
    )
  }

  // --- the log --------------------------------------------------------------------------------------------------------

  #connect(): void {
    const { redis, clock } = this.world
    this.later(clock.between(5, 40), () => {
      if (!redis.up || this.cutOff) return this.#connect()
      this.redisRun = redis.run
      this.#open()
    })
  }

  #open(): void {
    const { redis } = this.world
    redis.call(
      this,
      () => redis.open(this.tail.position.e),
      (epoch) => {
        if (epoch === failed) return this.#connect()
        if (epoch !== this.tail.position.e || !this.tail.steady) this.reload()
        else this.read()
      },
    )
  }

  openEpoch(then: () => void): void {
    const { redis } = this.world
    redis.call(this, () => redis.open(this.tail.position.e), then)
  }

  #lookAtEpoch(): void {
    const { redis } = this.world
    redis.call(
      this,
      () => redis.key?.epoch,
      (epoch) => {
        if (epoch === failed || epoch === this.tail.position.e || !this.tail.steady) return
        if (this.world.broken === 'S6 lost key unnoticed') return
        this.tail.interrupt()
        this.#open()
      },
    )
  }

  /** The log has grown, or it is time to look. */
  read(): void {
    if (this.#reading) {
      this.#readAgain = true
      return
    }
    if (!this.tail.steady) return
    this.#reading = true
    this.#readAgain = false
    const { redis, clock } = this.world
    this.later(this.tailDelay, () => {
      const sentAt = (this.#readNow = clock.now)
      redis.call(
        this,
        () => redis.after(this.tail.position),
        (entries) => {
          this.#reading = false
          if (entries === failed) return this.#connect()
          if (sentAt !== this.#readNow || !this.tail.steady) return
          if (!this.#takeEntries(entries)) return
          if (entries.length < 20) this.health.logRead(sentAt)
          if (entries.length === 20 || this.#readAgain) this.read()
        },
      )
    })
  }

  /** False when the rest must wait for a reload. */
  #takeEntries(entries: readonly Entry[]): boolean {
    for (const entry of entries) {
      const verdict = this.tail.offer(entry.e, entry.s)
      if (verdict === 'ignore') continue
      if (verdict === 'reload') {
        this.world.hit('log: gap or new epoch')
        this.#open()
        return false
      }
      this.#append(entry)
    }
    this.writer.outbox.read(this.tail.position)
    return true
  }

  #append(entry: Entry): void {
    for (const doc of entry.docs) {
      const held = this.views.get(doc.id)
      if (held && held.v > doc.v) this.world.hit('log: entries of a document out of order')
      this.take(doc)
    }
    for (const [key, room] of this.rooms) {
      const tenant = key.startsWith('a') ? 'a' : 'b'
      const rows: [string, number, Row | null][] = []
      for (const logged of entry.docs) {
        if (!seenBy(logged.id, tenant)) continue
        // What stands in the view is committed and not older than the entry (S5, S7).
        const doc = this.world.broken?.startsWith('S7') ? logged : this.views.get(logged.id)
        if (doc) rows.push([doc.id, doc.v, present(doc, key.endsWith('masked') && this.world.broken !== 'S9 no mask')])
      }
      if (rows.length === 0) continue
      room.append(entry.s, rows)
      this.doors.stir(key)
    }
  }

  /** Takes the position first, then loads: what is committed later comes by the log (S6). */
  reload(): void {
    const { redis, database, clock } = this.world
    this.tail.interrupt()
    const run = ++this.#reloadRun
    this.#readNow = -1
    const again = (): void => this.later(clock.between(20, 60), () => run === this.#reloadRun && this.#open())
    redis.call(
      this,
      () => redis.last(),
      (last) => {
        if (run !== this.#reloadRun) return
        if (last === failed) return this.#connect()
        if (!last) return again()
        const sentAt = clock.now
        const load = (): void =>
          database.call(
            this,
            () => [...database.docs.values()],
            (docs) => {
              if (run !== this.#reloadRun) return
              if (docs === unknown) return this.later(30, load)
              if (this.world.broken !== 'S6 no reload') for (const doc of docs) this.take(doc)
              if (!this.tail.restart(last.e, last.s)) return again()
              for (const room of this.rooms.values()) room.reset(last.e, last.s)
              this.writer.outbox.read(this.tail.position)
              this.health.logRead(sentAt)
              this.#reading = false
              this.doors.rejoin()
              this.read()
            },
          )
        load()
      },
    )
  }
}
