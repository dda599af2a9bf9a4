/** A console of the simulation: connects, subscribes, folds what comes, says LIVE or not, and acts by HTTP. */
import { badge, HeartbeatClock } from '../../../src/lib/sync/badge.ts'
import type { Badge } from '../../../src/lib/sync/badge.ts'
import { ClientView } from '../../../src/lib/sync/client-view.ts'
import { WindowView } from '../../../src/lib/sync/window-view.ts'
import * as broken from './broken.ts'
import type { Outcome, Principal, Row } from './documents.ts'
import { windowSize } from './limits.ts'
import type { RoomKey } from './limits.ts'
import { Link } from './link.ts'
import type { Down } from './link.ts'
import type { Lane } from '../../../server/core/sync/room-log.ts'
import type { World } from './world.ts'

const breakable: Record<string, new (options: { now: () => number }) => ClientView<Row>> = {
  'S6 epoch not compared': broken.EpochIgnored,
  'S8 counter not compared': broken.CounterIgnored,
  'S12 gap applied': broken.HolesAllowed,
  'S12 versions not compared': broken.VersionsIgnored,
  'S12 nothing swept': broken.NothingSwept,
  'S13 heads not compared': broken.HeadsIgnored,
  'S15 rows of another room stay': broken.RoomsConfused,
}

export class Client {
  link: Link | null = null
  principal: Principal
  /** Rights held before, until when. */
  before: { principal: Principal; until: number }[] = []
  changedAt = -Infinity
  readonly name: string
  readonly view: ClientView<Row> | WindowView<Row>
  readonly claims: RoomKey | undefined
  readonly lane: Lane
  /** Acts whose control waits for its row (S14). */
  controls: { id: string; v: number; at: number }[] = []
  /** Highest version ever painted, per row. */
  painted = new Map<string, number>()
  paintedRoom: string | null = null
  readonly #world: World
  #connecting = false
  #connectedAt = 0
  #asked = 0
  #pending: { n: number; since: number } | null = null
  #behind = false
  #heartbeat: number | null = null
  #heartbeats = new HeartbeatClock()
  #health: 'live' | 'delayed' = 'delayed'
  #lag = 0

  constructor(
    world: World,
    name: string,
    principal: Principal,
    options: { window: boolean; lane: Lane; claims?: RoomKey },
  ) {
    const { clock } = world
    this.#world = world
    this.name = name
    this.principal = principal
    this.claims = options.claims
    this.lane = options.lane
    const View = world.broken ? breakable[world.broken] : undefined
    const now = (): number => clock.now
    this.view = options.window ? new WindowView<Row>() : View ? new View({ now }) : new ClientView<Row>({ now })
    clock.after(clock.between(50, 400), () => this.#connect())
    clock.after(clock.between(500, 1500), () => this.#tick())
  }

  get badge(): Badge {
    const whole = this.view instanceof WindowView || this.view.whole
    return badge({
      now: this.#world.clock.now,
      lastHeartbeat: this.#heartbeat,
      health: this.#health,
      lag: this.#lag,
      pending: this.#pending !== null || this.#behind || !whole || this.view.room === null,
    })
  }

  get says(): Badge['state'] {
    if (this.#world.broken === 'S13 live while connected') return this.link ? 'live' : 'stale'
    return this.badge.state
  }

  receive(message: Down): void {
    if (message.t === 'hb') return this.#beat(message)
    if (message.t === 'sub') return this.#answered(message)
    if (message.t === 'bye') return
    if (message.t === 'revoke') {
      this.view.clear()
      this.controls = []
      this.#pending = null
      return this.#ask()
    }
    if (message.t === 'w') {
      if (this.view instanceof WindowView) this.#applied(this.view.push(message.push))
      return
    }
    if (this.view instanceof WindowView) return
    if (message.t === 'f') {
      const application = this.view.frame(message.frame)
      if (message.frame.e > 0 && application.outcome === 'gap') this.#world.hit('frame: gap seen')
      return this.#applied(application)
    }
    if (message.answer === null) {
      if (this.view.nextPage?.cut !== message.cut) return
      this.view.abandon()
      return this.#ask()
    }
    this.#applied(this.view.page(message.cut, message.page, message.answer))
    this.#nextPage()
  }

  closed(link: Link): void {
    if (this.link !== link) return
    this.#drop()
  }

  /** The answer to an act: its control is released when the screen shows it (S14). */
  acted(outcome: Outcome): void {
    if (!outcome.ok || this.view instanceof WindowView) return
    const control = { id: outcome.id, v: outcome.v, at: this.#world.clock.now }
    if (this.#world.broken === 'S14 released by the answer') this.#world.released(this, control)
    else this.controls.push(control)
    this.#release()
  }

  rolesChanged(principal: Principal): void {
    this.before.push({ principal: this.principal, until: this.#world.clock.now })
    this.principal = principal
    this.changedAt = this.#world.clock.now
    const { link } = this
    if (!link) return
    this.#world.clock.after(this.#world.clock.between(1, 20), () =>
      link.node.enter(() => link.open && link.node.doors.revoke(link)),
    )
  }

  #connect(): void {
    this.#connecting = false
    const { clock } = this.#world
    const node = this.#world.nodeFor()
    if (!node || clock.chance(0.05)) return this.#reconnect()
    this.link = new Link(node, this, this.lane)
    this.#heartbeats = new HeartbeatClock()
    this.#connectedAt = clock.now
    const { link } = this
    clock.after(clock.between(1, 10), () => {
      if (this.link !== link) return
      if (!node.alive) return this.#drop()
      node.enter(() => node.doors.join(link))
      this.#ask()
    })
  }

  #drop(): void {
    this.link?.close()
    this.link = null
    this.#pending = null
    this.#behind = true
    if (this.view instanceof ClientView) this.view.disconnected()
    this.#reconnect()
  }

  #reconnect(): void {
    if (this.#connecting) return
    this.#connecting = true
    this.#world.clock.after(this.#world.clock.between(50, 400), () => this.#connect())
  }

  #tick(): void {
    const { clock } = this.#world
    clock.after(1000, () => this.#tick())
    if (this.says === 'live') this.#world.saysLive(this)
    const { link } = this
    if (link && this.#pending && clock.now - this.#pending.since > 5000) this.#drop()
    // Who wants more than he may see does not hang up on a node that hangs.
    else if (link && this.claims && link.node.stoppedUntil > clock.now) return
    else if (link && clock.now - Math.max(this.#heartbeat ?? 0, this.#connectedAt) > 5000) this.#drop()
  }

  #ask(): void {
    if (!this.link || this.#pending) return
    const { cursor } = this.view
    const n = ++this.#asked
    this.#pending = { n, since: this.#world.clock.now }
    const window = { filter: {}, sort: 'rank', from: 0, count: windowSize }
    const request = { view: 'things', cursor, ...(this.view instanceof WindowView && { window }) }
    this.link.up({ t: 'sub', n, request, ...(this.claims && { claims: this.claims }) })
  }

  #answered({ n, answer }: Down & { t: 'sub' }): void {
    if (this.#pending?.n !== n) return
    if ('t' in answer && this.#world.broken !== 'S13 transit not counted')
      this.#heartbeats.answered(this.#pending.since, answer.t)
    this.#pending = null
    if ('wait' in answer) {
      const { link } = this
      this.#behind = true
      this.#world.clock.after(answer.wait, () => this.link === link && this.#ask())
      return
    }
    this.#behind = false
    this.#applied(this.view.answer(answer))
    this.#nextPage()
  }

  #nextPage(): void {
    const next = this.view instanceof WindowView ? null : this.view.nextPage
    if (next) this.link?.up({ t: 'page', ...next })
  }

  #beat({ heartbeat }: Down & { t: 'hb' }): void {
    const now = this.#world.clock.now
    this.#heartbeat = Math.max(this.#heartbeat ?? 0, this.#heartbeats.sentAt(heartbeat.t, now))
    this.#health = heartbeat.health
    this.#lag = this.#world.broken === 'S13 lag not counted' ? 0 : (heartbeat.lag ?? 0)
    if (this.#heartbeats.doubtful(heartbeat.t, now)) this.#gap()
    if (this.view.heartbeat(heartbeat) === 'gap') {
      this.#world.hit('heartbeat: gap seen')
      this.#gap()
    }
    this.#release()
  }

  #applied({ outcome, changed }: { outcome: string; changed: ReadonlySet<string> }): void {
    for (const id of changed) this.#world.paints(this, id)
    if (outcome === 'gap') this.#gap()
    this.#release()
  }

  /** Subscribes again from the cursor, jittered, one at a time (S12). */
  #gap(): void {
    if (this.#pending || this.#behind) return
    this.#behind = true
    const { link } = this
    this.#world.clock.after(this.#world.clock.between(0, 60), () => {
      this.#behind = false
      if (this.link === link) this.#ask()
    })
  }

  #release(): void {
    const { view } = this
    if (this.controls.length === 0 || view instanceof WindowView) return
    this.controls = this.controls.filter((control) => {
      // A screen that is LIVE five seconds later has it: the row is not in this view any more.
      const late = this.#world.clock.now - control.at > 5000 && this.says === 'live'
      if (!late && !view.reached(control.id, control.v)) return true
      this.#world.released(this, control)
      return false
    })
  }
}
