/** The sockets of a simulated node: sub, pages, frames, windows, heartbeats, revocation, slow clients (S9–S11, S13, S15, S16). */
import type { Frame, Row as WireRow, SubAnswer } from '#wire'
import { Cuts } from '../../../server/core/sync/cuts.ts'
import { LiveWindow } from '../../../server/core/sync/live-window.ts'
import { lanes, valuesOnly } from '../../../server/core/sync/room-log.ts'
import type { Lane, RoomLog } from '../../../server/core/sync/room-log.ts'
import { allowance } from '../../../server/core/sync/slow-client.ts'
import { byRank, present, seenBy } from './documents.ts'
import type { Doc, Row } from './documents.ts'
import { slow, windowSize } from './limits.ts'
import type { RoomKey } from './limits.ts'
import type { Link, Up } from './link.ts'
import type { Node } from './node.ts'

const pace: Record<Lane, number> = { fast: 25, slow: 250 }
const pageSize = 3

export class Doors {
  links = new Set<Link>()
  #node: Node
  #cuts: Cuts
  #flushing = new Set<string>()
  #windows = new Map<RoomKey, { live: LiveWindow<Row>; dirty: boolean; pushing: boolean }>()
  #beating = false

  constructor(node: Node) {
    this.#node = node
    this.#cuts = new Cuts({ now: () => node.world.clock.now, pageSize, shareMs: 300, keepMs: 5000 })
  }

  join(link: Link): void {
    this.links.add(link)
    if (!this.#beating) {
      this.#beating = true
      this.#node.later(this.#node.world.clock.between(0, 1000), () => this.#beat())
    }
  }

  forget(link: Link): void {
    this.links.delete(link)
  }

  closeAll(): void {
    for (const link of this.links) link.close()
  }

  /** A client's rights have changed: its rooms are left before anything else is sent (S15). */
  revoke(link: Link): void {
    if (this.#node.world.broken === 'S15 rooms not left') return
    const room = link.room
    link.room = null
    if (room) link.down({ t: 'revoke', revoke: { rooms: [this.#log(room).room], all: true } })
  }

  receive(link: Link, message: Up): void {
    if (message.t === 'page') {
      const ids = link.room && this.#cuts.page(link.room, message.cut, message.page)
      const answer = ids && this.#node.tail.steady ? { rows: this.#rowsOf(link.room ?? 'a/masked', ids) } : null
      return link.down({ t: 'page', cut: message.cut, page: message.page, answer })
    }
    this.#subscribe(link, message, this.#node.world.clock.now)
  }

  // --- sub --------------------------------------------------------------------------------------------------------------

  #subscribe(link: Link, message: Up & { t: 'sub' }, since: number): void {
    if (!link.open) return
    const { world, tail } = this.#node
    const { tenant, masked } = link.client.principal
    const claimed = world.broken === 'S10 room named by the client' ? message.claims : undefined
    const room: RoomKey = claimed ?? `${tenant}/${masked ? 'masked' : 'full'}`
    const log = this.#log(room)
    const wait = (): void => {
      if (world.clock.now - since < 3000) this.#node.later(100, () => this.#subscribe(link, message, since))
      else link.down({ t: 'sub', n: message.n, answer: { wait: 300 } })
    }
    if (!tail.steady) return wait()
    this.#measure(link)
    if (link.allowance !== 'rows') return link.down({ t: 'sub', n: message.n, answer: { wait: 300 } })
    const { e, s } = tail.position
    const resumption = log.resume(message.request.cursor, s)
    if (resumption.kind === 'wait' && world.broken !== 'S11 node behind answers') {
      world.hit('sub: node behind the client waits')
      return wait()
    }
    if (message.request.window) return this.#joinWindow(link, room, message.n, e, s)
    let kind: 'delta' | 'snapshot' = resumption.kind === 'delta' ? 'delta' : 'snapshot'
    if (kind === 'snapshot' && message.request.cursor && world.broken === 'S11 delta beyond the horizon') kind = 'delta'
    const k = log.values()
    const base = { r: log.room, e, s, k, kn: log.counter, total: 0, t: this.#node.time }
    if (kind === 'delta') {
      world.hit('sub: delta')
      const rows = resumption.kind === 'delta' ? resumption.rows : []
      return this.#enter(link, room, message.n, { ...base, kind, rows })
    }
    world.hit(message.request.cursor ? 'sub: snapshot instead of a delta' : 'sub: snapshot')
    const ids = (): string[] => [...this.#docsOf(room)].map(({ id }) => id)
    let cut = this.#cuts.of(room, e, s, ids)
    if (log.deltaSince(cut.seq) === null) cut = this.#cuts.make(room, e, s, ids)
    const more = this.#cuts.more(cut)
    const since2 = world.broken === 'S11 cut without the delta since' ? [] : (log.deltaSince(cut.seq) ?? [])
    const rows = [...this.#rowsOf(room, this.#cuts.page(room, cut.key, 0) ?? []), ...since2] as WireRow[]
    if (since2.length > 0) world.hit('sub: shared cut with delta')
    if (more) world.hit('sub: more pages')
    this.#enter(link, room, message.n, { ...base, kind: 'snapshot', rows, ...(more && { more }) })
  }

  /** Join and answer in the same tick (S11). */
  #enter(link: Link, room: RoomKey, n: number, answer: SubAnswer): void {
    link.window = false
    if (this.#node.world.broken === 'S11 join after the answer') this.#node.later(300, () => (link.room = room))
    else link.room = room
    link.down({ t: 'sub', n, answer })
  }

  // --- frames -----------------------------------------------------------------------------------------------------------

  /** Something was appended or told: at once when idle for the lane's pace, else at its end (S9). */
  stir(room: RoomKey): void {
    const window = this.#windows.get(room)
    if (window) this.#stirWindow(room, window)
    for (const lane of lanes) {
      const key = room + lane
      if (this.#flushing.has(key)) continue
      this.#flushing.add(key)
      this.#node.later(pace[lane], () => {
        this.#flushing.delete(key)
        this.#flush(room, lane)
      })
    }
  }

  #flush(room: RoomKey, lane: Lane): void {
    for (const [n, frame] of [...this.#log(room).frames(lane)].entries()) {
      if (n === 1) this.#node.world.hit('frame: one of several')
      if (this.#node.world.broken === 'S9 frames without a true p') frame.p = -1
      for (const link of this.links)
        if (link.room === room && !link.window && link.lane === lane) this.#send(link, frame)
    }
  }

  #send(link: Link, frame: Frame): void {
    this.#measure(link)
    if (link.allowance === 'disconnect') return this.#disconnect(link)
    const { world } = this.#node
    if (link.allowance === 'values') world.hit('slow: last values only')
    const unlimited = world.broken === 'S16 rows to a slow socket'
    const sent = link.allowance === 'rows' || unlimited ? frame : valuesOnly(frame)
    if (world.broken === 'S16 rows withheld unnoticed' && sent) sent.p = -1
    if (sent) link.down({ t: 'f', frame: sent })
  }

  #measure(link: Link): void {
    const { unsentBytes, unsentSince: since } = link
    link.allowance = allowance({ unsentBytes, since }, this.#node.world.clock.now, link.allowance, slow)
  }

  #disconnect(link: Link): void {
    this.#node.world.hit('slow: disconnected')
    link.down({ t: 'bye', bye: { why: 'slow', retryAfter: 100 } })
    link.close()
  }

  /** Heads and counters are read in the tick in which the heartbeat is sent (S13). */
  #beat(): void {
    const { world, tail, health, writer } = this.#node
    const { clock } = world
    this.#node.later(2000, () => this.#beat())
    // What waits for its pace goes first, or the heartbeat would vouch for rows that are still here.
    if (world.broken !== 'S13 heartbeat before the frames') {
      for (const [room, log] of this.#node.rooms) {
        for (const lane of lanes) if (log.pending(lane)) this.#flush(room, lane)
      }
      for (const [room, window] of this.#windows) this.#pushWindow(room, window)
    }
    const signs = health.report(clock.now, writer.unpublishedSince())
    if (!tail.steady) signs.health = 'delayed'
    for (const link of this.links) {
      const heads: Record<string, number> = {}
      const k: Record<string, number> = {}
      if (link.room) {
        const log = this.#log(link.room)
        heads[log.room] = log.flushed(link.lane)
        k[log.room] = log.counter
        const window = this.#windows.get(link.room)
        if (window && link.window) heads[window.live.room] = window.live.n
      }
      this.#measure(link)
      if (link.allowance === 'disconnect') this.#disconnect(link)
      else link.down({ t: 'hb', heartbeat: { e: tail.position.e, heads, k, ...signs, t: this.#node.time, build: '' } })
    }
  }

  /** The views were reloaded: windows are computed again. Rooms tell by their heads. */
  rejoin(): void {
    for (const [room, window] of this.#windows) this.#stirWindow(room, window)
  }

  tell(room: RoomKey, key: string, value: unknown): void {
    this.#log(room).tell(key, value)
    this.stir(room)
  }

  // --- windows ----------------------------------------------------------------------------------------------------------

  #joinWindow(link: Link, room: RoomKey, n: number, e: number, s: number): void {
    let window = this.#windows.get(room)
    if (!window) {
      const live = new LiveWindow<Row>(`${this.#log(room).room}|top`, this.#rank(room))
      this.#windows.set(room, (window = { live, dirty: false, pushing: false }))
    }
    const state = window.live.state()
    link.room = room
    link.window = true
    const answer: SubAnswer = {
      r: window.live.room,
      kind: 'window',
      e,
      s,
      t: this.#node.time,
      ...state,
    }
    link.down({ t: 'sub', n, answer })
  }

  #stirWindow(room: RoomKey, window: { live: LiveWindow<Row>; dirty: boolean; pushing: boolean }): void {
    window.dirty = true
    if (window.pushing) return
    window.pushing = true
    this.#node.later(400, () => {
      window.pushing = false
      this.#pushWindow(room, window)
    })
  }

  #pushWindow(room: RoomKey, window: { live: LiveWindow<Row>; dirty: boolean }): void {
    if (!window.dirty) return
    window.dirty = false
    const push = window.live.push(this.#rank(room))
    if (!push) return
    for (const link of this.links) {
      if (link.room !== room || !link.window) continue
      this.#measure(link)
      if (link.allowance === 'rows') link.down({ t: 'w', push })
    }
  }

  #rank(room: RoomKey): ConstructorParameters<typeof LiveWindow<Row>>[1] {
    const docs = [...this.#docsOf(room)].sort(byRank)
    const top = docs.slice(0, windowSize)
    const rows = new Map(top.map((doc) => [doc.id, [doc.id, doc.v, present(doc, room.endsWith('masked'))] as const]))
    return {
      at: this.#node.tail.position,
      order: top.map(({ id }) => id),
      row: (id) => rows.get(id),
      total: docs.length,
      values: { total: docs.length },
    }
  }

  // --- rows -------------------------------------------------------------------------------------------------------------

  *#docsOf(room: RoomKey): Generator<Doc> {
    const tenant = room.startsWith('a') ? 'a' : 'b'
    for (const doc of this.#node.views.values()) if (!doc.gone && !doc.closed && seenBy(doc.id, tenant)) yield doc
  }

  #rowsOf(room: RoomKey, ids: readonly string[]): WireRow[] {
    const rows: WireRow[] = []
    for (const id of ids) {
      const doc = this.#node.views.get(id)
      const row = doc && present(doc, room.endsWith('masked'))
      if (doc && row) rows.push([id, doc.v, row])
    }
    return rows
  }

  #log(room: RoomKey): RoomLog<Row> {
    const log = this.#node.rooms.get(room)
    if (!log) throw new Error(`no room ${room}`)
    return log
  }
}
